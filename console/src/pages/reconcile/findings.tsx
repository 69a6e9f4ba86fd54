import { BACKENDS, FINDINGS, WAYS_BACK, type FindingClass } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { Badge, Button, Stack, Table, Text, Title } from '@mantine/core';
import { Suspense, useState } from 'react';
import { AnchorLink } from '../../parts/links';
import { lazyPart } from '../../parts/load-later';
import { repairOf } from './repair-of';

const DropDialog = lazyPart(async () => (await import('./drop-dialog')).DropDialog);

/** The findings of one class, what the class means, and the way back where there is no repair. */
export function Findings({ its, findings }: { its: FindingClass; findings: readonly Finding[] }) {
  const [dropped, setDropped] = useState<Finding>();
  if (findings.length === 0) return null;
  const needsPerson = findings.some(({ fixable, fixed }) => !fixable && !fixed);
  return (
    <Stack component="section" gap={4} aria-label={its}>
      <Title order={2} size="h5" tt="capitalize">
        {its}
      </Title>
      <Text size="sm" c="dimmed">
        {FINDINGS[its]} {needsPerson ? WAYS_BACK[its] : ''}
      </Text>
      <Table.ScrollContainer minWidth={640}>
        <Table verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={110}>Backend</Table.Th>
              <Table.Th w={220}>Name</Table.Th>
              <Table.Th>Finding</Table.Th>
              <Table.Th w={140}>Repair</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {findings.map((finding) => (
              <Table.Tr key={`${finding.backend} ${finding.name} ${finding.id} ${finding.what}`}>
                <Table.Td>{finding.backend === null ? 'operation' : BACKENDS[finding.backend].title}</Table.Td>
                <Table.Td className="any-break">
                  <Name finding={finding} />
                </Table.Td>
                <Table.Td className="any-break">{finding.what}</Table.Td>
                <Table.Td>
                  <Repair finding={finding} onDrop={() => setDropped(finding)} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Suspense fallback={null}>
        {dropped === undefined ? null : <DropDialog finding={dropped} onClose={() => setDropped(undefined)} />}
      </Suspense>
    </Stack>
  );
}

function Name({ finding: { name, tenantId } }: { finding: Finding }) {
  if (tenantId === null) return name ?? '–';
  return (
    <AnchorLink to="/tenants/$tenantId" params={{ tenantId }} size="sm">
      {name ?? tenantId}
    </AnchorLink>
  );
}

/** What has been done about it, or can be. */
function Repair({ finding, onDrop }: { finding: Finding; onDrop: () => void }) {
  if (finding.fixed)
    return (
      <Badge variant="light" color="teal">
        repaired
      </Badge>
    );
  if (repairOf(finding) !== undefined)
    return (
      <Badge variant="light" color="cyan">
        safe to repair
      </Badge>
    );
  if (finding.class === 'orphan' && finding.backend !== null && finding.name !== null && finding.id !== null)
    return (
      <Button variant="default" size="compact-xs" onClick={onDrop} aria-label={`Drop ${finding.name}`}>
        Drop…
      </Button>
    );
  return (
    <Text size="xs" c="dimmed">
      by a person
    </Text>
  );
}
