import { randomUUID } from 'node:crypto';
import { REVEALS_A_MINUTE, type RevealInput, type RevealOutcome } from '@freeflow/contract';
import { EXAMPLES } from '@freeflow/contract/http';
import { createMasterClient, type PrismaClient } from '@freeflow/db-master';
import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import { MockActivityEnvironment } from '@temporalio/testing';
import { calculateJwkThumbprint } from 'jose';
import { openMaster, type Master } from '../test/support/master';
import { withPostgres } from '../test/support/outside';
import { revealActivities } from './reveal-credentials';

let master: Master;
let db: PrismaClient;
beforeAll(async () => {
  master = await openMaster();
  db = createMasterClient(master.workerUrl, { maxConnections: 1 });
});
afterAll(async () => {
  await db.$disconnect();
  await master.drop();
});

/** What somebody has asked the API for, of a tenant that there is not; written down unless it is said otherwise. */
async function asked(isWrittenDown = true): Promise<RevealInput> {
  const { publicKey, reason } = EXAMPLES.reveal;
  const input = {
    tenantId: randomUUID(),
    backend: null,
    publicKey,
    reason,
    requestedBy: 'alice',
    requestedByName: null,
    requestId: randomUUID(),
  };
  const detail = JSON.stringify({ key: await calculateJwkThumbprint(publicKey) });
  if (isWrittenDown)
    await withPostgres(master.apiUrl, (client) =>
      client.query(
        `INSERT INTO "AuditEvent" (id, channel, action, outcome, actor, "tenantId", "requestId", detail)
         VALUES (gen_random_uuid(), 'api', 'tenants.reveal', 'begun', $1, $2, $3, $4)`,
        [input.requestedBy, input.tenantId, input.requestId, detail],
      ),
    );
  return input;
}

/** A worker process, as far as it reveals. */
function newWorker(connectValues: Record<string, unknown> | undefined) {
  const secrets = createSecretStore(db, readSecretKeys(master.info.secretsKey));
  const { revealCredentials } = revealActivities({ db, secrets, connectValues });
  return (input: RevealInput): Promise<RevealOutcome> => new MockActivityEnvironment().run(revealCredentials, input);
}

test('a worker reads so often in a minute and no more, whoever asks; what nobody has asked for does not count', async () => {
  const reveal = newWorker({});
  await expect(reveal(await asked(false))).rejects.toThrow('Nobody has asked the API');
  for (let n = 0; n < REVEALS_A_MINUTE; n++) expect(await reveal(await asked())).toEqual({ refused: 'tenant-unknown' });
  expect(await reveal(await asked())).toEqual({ refused: 'rate-limited' });
});

test('one that is set so looks at nothing', async () => {
  expect(await newWorker(undefined)(await asked(false))).toEqual({ refused: 'reveal-off' });
});
