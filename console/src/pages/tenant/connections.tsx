import {
  BACKEND_KINDS,
  BACKENDS,
  isOpenState,
  PROBLEMS,
  revealRefusalOf,
  situationOf,
  type BackendKind,
  type RevealRefusal,
} from '@freeflow/contract';
import type { TenantDetailBody } from '@freeflow/contract/http';
import { Button, Stack, Text } from '@mantine/core';
import { Suspense, useCallback, useState } from 'react';
import { lazyPart } from '../../parts/load-later';
import { Section } from '../../parts/section';
import { Time } from '../../parts/time';

const RevealDialog = lazyPart(async () => (await import('./reveal-dialog')).RevealDialog);

type Credential = TenantDetailBody['credentials'][number];

/** Where its applications connect to. Secrets are references here, until somebody asks for them. */
export function Connections({ tenant }: { tenant: TenantDetailBody }) {
  const [isRevealing, setRevealing] = useState(false);
  const { connections, credentials } = tenant;
  // The same one as long as it is there: what is shown ends by it.
  const end = useCallback(() => setRevealing(false), []);
  const of = (kind: BackendKind) => ({
    kind,
    connection: connections.find(({ service }) => service === kind),
    credential: credentials.find(({ backend }) => backend === kind),
  });
  const shown = BACKEND_KINDS.map(of).filter((it) => it.connection !== undefined || it.credential !== undefined);
  if (shown.length === 0) return null;
  const refusal = refusalOf(tenant);
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
        <Button
          size="xs"
          variant="default"
          disabled={refusal !== null}
          onClick={() => setRevealing(true)}
          style={{ alignSelf: 'flex-start' }}
        >
          Reveal credentials
        </Button>
        {refusal === null ? null : (
          <Text size="xs" c="dimmed">
            {PROBLEMS[refusal].title}
          </Text>
        )}
      </Stack>
      {/* Cut off meanwhile, they are of no use, but still there to be seen. */}
      {isRevealing ? (
        <Suspense fallback={null}>
          <RevealDialog tenant={tenant} onClose={end} />
        </Suspense>
      ) : null}
    </Section>
  );
}

/** Why they are not revealed now; the API decides once more. */
function refusalOf({ status, goneAt, operation }: TenantDetailBody): RevealRefusal | null {
  const situation = situationOf({ status, isGone: goneAt !== null, isRegisteredOnly: operation === null });
  return revealRefusalOf(situation, operation !== null && isOpenState(operation.state) ? operation.kind : undefined);
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
    <Text size="xs" c="dimmed">
      Credentials {version}
      {rotatedAt === null ? null : (
        <>
          , since <Time at={rotatedAt} />
        </>
      )}
    </Text>
    {previousValidUntil === null ? null : (
      <Text size="xs">
        Those before work until <Time at={previousValidUntil} form="absolute" />
      </Text>
    )}
  </>
);
