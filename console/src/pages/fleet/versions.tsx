import type { FleetBody } from '@freeflow/contract/http';
import { Badge, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Suspense } from 'react';
import { lazyPart } from '../../parts/load-later';
import { Section } from '../../parts/section';
import { Time } from '../../parts/time';
import { behindText } from './behind-text';

const LabelsInput = lazyPart(async () => (await import('../../parts/labels-input')).LabelsInput);

/** Who stands where, and what an upgrade would do. */
export function Versions({ fleet, labels }: { fleet: FleetBody; labels: readonly string[] }) {
  const { version, versions } = fleet;
  const navigate = useNavigate({ from: '/fleet' });
  const all = versions.reduce((sum, it) => sum + it.tenants, 0);
  return (
    <Section
      title={version === null ? 'There is no blueprint' : `Version ${version} is in force`}
      aside={
        <Suspense fallback={<TextInput aria-label="Labels" size="xs" w={220} disabled />}>
          <LabelsInput
            aria-label="Only those with labels"
            placeholder={labels.length === 0 ? 'Only with label key:value' : ''}
            size="xs"
            w={220}
            value={labels}
            onChange={([first, ...more]) =>
              void navigate({
                search: (search) => ({ ...search, label: first === undefined ? undefined : [first, ...more] }),
                replace: true,
              })
            }
          />
        </Suspense>
      }
    >
      <Stack gap="xs">
        <Text size="sm">{behindText(fleet)}</Text>
        {versions.length === 0 ? null : (
          <Table verticalSpacing={4} aria-label="Versions" maw={560}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Version</Table.Th>
                <Table.Th>Published</Table.Th>
                <Table.Th ta="right">Tenants</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {versions.map((it) => (
                <Table.Tr key={it.version}>
                  <Table.Td>
                    <Group gap={6} wrap="nowrap">
                      {it.version ?? 'none'}
                      {it.version !== null && it.version === version ? (
                        <Badge variant="light" color="teal">
                          in force
                        </Badge>
                      ) : null}
                    </Group>
                  </Table.Td>
                  <Table.Td>{it.publishedAt === null ? null : <Time at={it.publishedAt} />}</Table.Td>
                  <Table.Td ta="right">
                    {it.tenants.toLocaleString()}
                    <Text span size="xs" c="dimmed">
                      {all === 0 ? '' : ` ${Math.round((100 * it.tenants) / all)} %`}
                    </Text>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Stack>
    </Section>
  );
}
