import { BACKEND_KINDS, BACKENDS, type BackendKind } from '@freeflow/contract';
import type { TenantDetailBody } from '@freeflow/contract/http';
import { Code, Stack, Text } from '@mantine/core';
import { Section } from '../../parts/section';
import { Time } from '../../parts/time';

type Credential = TenantDetailBody['credentials'][number];

/** Where its applications connect to. Secrets are references here: the command line resolves them, and that is audited. */
export function Connections({ tenant: { connections, credentials } }: { tenant: TenantDetailBody }) {
  const of = (kind: BackendKind) => ({
    kind,
    connection: connections.find(({ service }) => service === kind),
    credential: credentials.find(({ backend }) => backend === kind),
  });
  const shown = BACKEND_KINDS.map(of).filter((it) => it.connection !== undefined || it.credential !== undefined);
  if (shown.length === 0) return null;
  return (
    <Section title="Connections">
      <Stack gap="sm">
        {shown.map(({ kind, connection, credential }) => (
          <div key={kind}>
            <Text size="sm" fw={500}>
              {BACKENDS[kind].title}
            </Text>
            {connection === undefined ? null : <Place connection={connection} />}
            {credential === undefined ? null : <Version credential={credential} />}
          </div>
        ))}
        <Text size="xs" c="dimmed">
          With credentials, which is audited: <Code>freeflow tenants connect</Code>
        </Text>
      </Stack>
    </Section>
  );
}

type Connection = TenantDetailBody['connections'][number];

const Place = ({ connection: { username, host, port, dbName, secretRef } }: { connection: Connection }) => (
  <>
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
  </>
);

/** Which credentials are handed out, and until when those before work as well. */
const Version = ({ credential: { version, rotatedAt, previousValidUntil } }: { credential: Credential }) => (
  <>
    {rotatedAt === null ? null : (
      <Text size="xs" c="dimmed">
        Credentials {version}, since <Time at={rotatedAt} />
      </Text>
    )}
    {previousValidUntil === null ? null : (
      <Text size="xs">
        Those before work until <Time at={previousValidUntil} form="absolute" />
      </Text>
    )}
  </>
);
