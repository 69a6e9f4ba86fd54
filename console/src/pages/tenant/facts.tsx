import { BACKEND_KINDS, BACKENDS } from '@freeflow/contract';
import type { TenantDetailBody } from '@freeflow/contract/http';
import { ActionIcon, Badge, Code, CopyButton, Group, Table, Text, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { labelTexts } from '../../parts/labels';
import { Section } from '../../parts/section';
import { Time } from '../../parts/time';

/** What people and other systems call it, and what it is called at each backend. */
export function Facts({ tenant }: { tenant: TenantDetailBody }) {
  const labels = labelTexts(tenant.labels);
  return (
    <Section title="Facts">
      <Table layout="fixed" withRowBorders={false} verticalSpacing={3} horizontalSpacing={0}>
        <Table.Tbody>
          <Fact name="Id">
            <Copyable text={tenant.id} what="id" />
          </Fact>
          {tenant.externalId === null ? null : (
            <Fact name="External id">
              <Copyable text={tenant.externalId} what="external id" />
            </Fact>
          )}
          {labels.length === 0 ? null : (
            <Fact name="Labels">
              <Group gap={4}>
                {labels.map((it) => (
                  <Badge key={it} variant="default" maw="100%">
                    {it}
                  </Badge>
                ))}
              </Group>
            </Fact>
          )}
          {tenant.plan === null ? null : <Fact name="Plan">{tenant.plan}</Fact>}
          {tenant.blueprintVersion === null ? null : <Fact name="Blueprint">version {tenant.blueprintVersion}</Fact>}
          <Fact name="Created">
            <Time at={tenant.createdAt} form="absolute" />
          </Fact>
          <Fact name="Changed">
            <Time at={tenant.updatedAt} />
          </Fact>
          {BACKEND_KINDS.map((kind) => (
            <Fact key={kind} name={BACKENDS[kind].title}>
              <Code style={{ overflowWrap: 'anywhere' }}>{tenant[BACKENDS[kind].nameColumn]}</Code>
            </Fact>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <Table.Tr style={{ verticalAlign: 'top' }}>
    <Table.Th w="34%" fw={400} c="dimmed" scope="row">
      {name}
    </Table.Th>
    <Table.Td>{children}</Table.Td>
  </Table.Tr>
);

/** A text that is to be taken elsewhere. */
function Copyable({ text, what }: { text: string; what: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      <Text size="xs" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
        {text}
      </Text>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? 'Copied' : 'Copy'}>
            <ActionIcon variant="subtle" size="sm" color="gray" onClick={copy} aria-label={`Copy the ${what}`}>
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}
