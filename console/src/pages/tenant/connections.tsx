import { BACKENDS } from '@freeflow/contract';
import type { TenantDetailBody } from '@freeflow/contract/http';
import { Code, Stack, Text } from '@mantine/core';
import { Section } from '../../parts/section';

/** Where its applications connect to. Secrets are references here: the command line resolves them, and that is audited. */
export function Connections({ connections }: Pick<TenantDetailBody, 'connections'>) {
  if (connections.length === 0) return null;
  return (
    <Section title="Connections">
      <Stack gap="sm">
        {connections.map(({ service, host, port, dbName, username, secretRef }) => (
          <div key={service}>
            <Text size="sm" fw={500}>
              {BACKENDS[service].title}
            </Text>
            <Text size="xs" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
              {username === null ? '' : `${username}@`}
              {host}
              {port === null ? '' : `:${port}`}/{dbName}
            </Text>
            {secretRef === null ? null : (
              <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
                {secretRef}
              </Text>
            )}
          </div>
        ))}
        <Text size="xs" c="dimmed">
          With credentials, which is audited: <Code>freeflow tenants connect</Code>
        </Text>
      </Stack>
    </Section>
  );
}
