import { FINDING_CLASSES } from '@freeflow/contract';
import type { ReportBody } from '@freeflow/contract/http';
import { Alert, Badge, Group, Stack, Text } from '@mantine/core';
import { AnchorLink } from '../../parts/links';
import { Time } from '../../parts/time';
import { CLASS_COLOURS } from './class-colours';
import { Findings } from './findings';

const seconds = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** A report: what was compared, by whom, and what was found, class by class. */
export function ReportView({ report, isNamed }: { report: ReportBody; isNamed: boolean }) {
  const { counts, findings, fix, requestedBy, startedAt, endedAt } = report;
  const { resources = 0, fixed = 0, notChecked = 0 } = counts;
  const tookS = (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000;
  return (
    <Stack gap="md">
      <Group gap="xs">
        <Text size="sm">
          <b>{resources.toLocaleString()}</b> {resources === 1 ? 'resource' : 'resources'} compared
        </Text>
        {FINDING_CLASSES.map((it) => {
          const count = findings.filter((finding) => finding.class === it).length;
          return count === 0 ? null : (
            <Badge key={it} variant="light" color={CLASS_COLOURS[it]}>
              {count} {it}
            </Badge>
          );
        })}
        {fix ? (
          <Badge variant="light" color="teal">
            {fixed} repaired
          </Badge>
        ) : null}
        {notChecked > 0 ? (
          <Badge variant="light" color="yellow">
            {notChecked} not looked at
          </Badge>
        ) : null}
        <Text size="sm" c="dimmed">
          <Time at={endedAt} />, in {seconds.format(tookS)} s, {fix ? 'with repairs, ' : ''}by {requestedBy}
        </Text>
        {isNamed ? (
          <AnchorLink to="/reconcile" search={{}} size="sm">
            Last report
          </AnchorLink>
        ) : (
          <AnchorLink to="/reconcile" search={{ report: report.id }} size="sm">
            Link to this report
          </AnchorLink>
        )}
      </Group>
      {findings.length === 0 ? (
        <Alert variant="light" color="teal" title="Everything is as it is recorded">
          <Text size="sm">No finding of any class{notChecked > 0 ? ' in what was looked at' : ''}.</Text>
        </Alert>
      ) : (
        FINDING_CLASSES.map((it) => (
          <Findings key={it} its={it} findings={findings.filter((finding) => finding.class === it)} />
        ))
      )}
    </Stack>
  );
}
