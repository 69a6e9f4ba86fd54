import { Button, Group, Loader, Paper, Text, Title } from '@mantine/core';
import { IconGitCompare, IconTool } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Suspense, useState } from 'react';
import { KEYS } from '../../api/keys';
import { reportQuery, startReconciliation } from '../../api/reconcile';
import { useChange } from '../../api/use-change';
import { useApi } from '../../auth/session';
import { AnchorLink } from '../../parts/links';
import { lazyPart } from '../../parts/load-later';
import { ProblemView } from '../../parts/problem-view';
import { ReportView } from './report-view';

const route = getRouteApi('/reconcile');
const FixDialog = lazyPart(async () => (await import('./fix-dialog')).FixDialog);

/** How master database, ledger and backends differ, and what of it can be repaired. */
export function ReconcilePage() {
  const { report: id } = route.useSearch();
  const navigate = useNavigate({ from: '/reconcile' });
  const { data: report, error, isPending } = useQuery(reportQuery(useApi(), id));
  const [isFixing, setFixing] = useState(false);
  const start = useChange({
    send: startReconciliation,
    stale: KEYS.report(undefined),
    onDone: (started) => {
      setFixing(false);
      void navigate({ search: { report: started.id } });
    },
  });
  const repairable = report?.findings.filter(({ fixable, fixed }) => fixable && !fixed) ?? [];
  const isRunning = id !== undefined && report === null;
  return (
    <>
      <Group justify="space-between" mb="sm">
        <Title order={1} size="h3">
          Reconcile
        </Title>
        <Group gap="xs">
          {repairable.length === 0 ? null : (
            <Button size="xs" leftSection={<IconTool size={14} aria-hidden />} onClick={() => setFixing(true)}>
              Repair what is safe ({repairable.length})
            </Button>
          )}
          <Button
            variant="default"
            size="xs"
            leftSection={<IconGitCompare size={14} aria-hidden />}
            loading={start.isPending}
            disabled={isRunning}
            onClick={() => start.mutate(false)}
          >
            Compare now
          </Button>
        </Group>
      </Group>
      {error === null ? null : <ProblemView error={error} />}
      {isPending && error === null ? <Loader aria-label="Loading" /> : null}
      {isRunning ? <Waiting /> : null}
      {id === undefined && report === null ? (
        <Text c="dimmed" ta="center" py="xl">
          Nothing has been compared yet. It is done every hour by itself, and now by the button above.
        </Text>
      ) : null}
      {report === undefined || report === null ? null : <ReportView report={report} isNamed={id !== undefined} />}
      <Suspense fallback={null}>
        {isFixing ? (
          <FixDialog
            findings={repairable}
            isBusy={start.isPending}
            onConfirm={() => start.mutate(true)}
            onClose={() => setFixing(false)}
          />
        ) : null}
      </Suspense>
    </>
  );
}

/** A report is there once its reconciliation has ended; the API knows nothing of it before that. */
const Waiting = () => (
  <Paper withBorder p="sm">
    <Group gap="xs" component="output">
      <Loader size={18} aria-hidden />
      <Text fw={600}>Comparing</Text>
    </Group>
    <Text size="sm" my={4}>
      Master database, ledger and backends are compared; the report is shown here when it is there, and stays at this
      address. One runs at a time, for twenty minutes at most. Where nothing comes of it, see whether a worker runs.
    </Text>
    <AnchorLink to="/reconcile" search={{}} size="sm">
      Show the last report meanwhile
    </AnchorLink>
  </Paper>
);
