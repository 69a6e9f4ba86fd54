import type { LogRowBody, OperationBody, TenantDetailBody } from '@freeflow/contract/http';
import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Suspense } from 'react';
import { logsQuery, operationsQuery } from '../../api/tenants';
import { useApi } from '../../auth/session';
import { lazyPart } from '../../parts/load-later';
import { ProblemView } from '../../parts/problem-view';
import { Section } from '../../parts/section';
import { StateBadge } from '../../parts/status-badge';
import { OperationDetails } from './operation-details';
import { operationHeading } from './operation-heading';

const EarlierOperations = lazyPart(async () => (await import('./earlier-operations')).EarlierOperations);

const NO_ROWS: readonly LogRowBody[] = [];

/** The last operation as it goes on, and all earlier ones. */
export function Operations({ tenant: { id, operation, interrupted } }: { tenant: TenantDetailBody }) {
  const api = useApi();
  const logs = useQuery(logsQuery(api, id));
  const all = useQuery(operationsQuery(api, id));
  const rows = logs.data ?? NO_ROWS;
  const rowsOf = ({ id: operationId }: OperationBody) => rows.filter((it) => it.operationId === operationId);
  const shown = [operation, interrupted].filter((it) => it !== null);
  const earlier = all.data?.items.filter((it) => shown.every((one) => one.id !== it.id)) ?? [];
  const error = logs.error ?? all.error;
  return (
    <Stack gap="md">
      {error === null ? null : <ProblemView error={error} />}
      {shown.map((it) => (
        <Section key={it.id} title={operationHeading(it.kind)} aside={<StateBadge state={it.state} />}>
          <OperationDetails operation={it} rows={rowsOf(it)} />
        </Section>
      ))}
      {operation === null ? (
        <Section title="Operations">
          <Text size="sm" c="dimmed">
            It is registered only: nothing was ever done for it.
          </Text>
        </Section>
      ) : null}
      {earlier.length === 0 ? null : (
        <Suspense fallback={null}>
          <EarlierOperations operations={earlier} rowsOf={rowsOf} />
        </Suspense>
      )}
    </Stack>
  );
}
