import { BACKEND_KINDS } from '@freeflow/contract';
import { Answers, attacksOf, type Attack } from '../isolation/attack';
import { GONE } from '../isolation/attacks-gone';
import { KEYCLOAK } from '../isolation/attacks-keycloak';
import { MONGODB } from '../isolation/attacks-mongodb';
import { POSTGRES } from '../isolation/attacks-postgres';
import { QDRANT } from '../isolation/attacks-qdrant';
import { REBORN } from '../isolation/attacks-reborn';
import { isolationPage, readPage, RENEW, writePage } from '../isolation/document';
import { pollLogin } from '../isolation/poll-login';
import { fill, snapshotOf, spoil } from '../isolation/seed-data';
import { openTenantSession, type TenantSession } from '../isolation/tenant-session';
import { newName } from '../support/activity-harness';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { observeFromOutside, NOTHING } from '../support/outside';
import { poolIsReady } from '../support/pool';
import { DEFAULT_REALM_KEYS } from '../support/sample';
import { createTenant, deleteTenant } from '../support/tenants';

const BACKENDS = [POSTGRES, MONGODB, QDRANT, KEYCLOAK];
const answers = new Answers();
let installation: TestInstallation;
let [a, b, old, reborn]: TenantSession[] = [];
const opened: TenantSession[] = [];
let before: Awaited<ReturnType<typeof snapshots>>;

const open = async (name: string): Promise<TenantSession> => {
  const session = await openTenantSession(installation, await createTenant(installation, name));
  opened.push(session);
  return session;
};
const snapshots = () => Promise.all([a, b].map((it) => snapshotOf(installation.info, the(it))));
const the = (session: TenantSession | undefined): TenantSession => {
  if (session === undefined) throw new Error('this tenant was never made');
  return session;
};

beforeAll(async () => {
  installation = await openTestInstallation({ worker: DEFAULT_REALM_KEYS });
  await poolIsReady(installation);
  [a, b, old] = await Promise.all(['a', 'b', 'c'].map(async (it) => open(newName(it))));
  await Promise.all(opened.map(fill));
  before = await snapshots();
});
afterAll(async () => {
  await Promise.all(opened.map((it) => it.close()));
  // A kept test stack would fill up with realms otherwise.
  await Promise.all([a, b, reborn].flatMap((it) => (it === undefined ? [] : [deleteTenant(installation, it.id)])));
  await installation.close();
});

/** Tries it, notes for the page what came, and gives it. */
async function cameOf(attack: Attack, by: TenantSession | undefined, on: TenantSession | undefined): Promise<string> {
  const answer = await attack.run(the(by), the(on));
  answers.add(attack, answer);
  return answer;
}

describe.each(BACKENDS)('$title', (matrix) => {
  describe('A against B', () => {
    test.each(attacksOf(matrix))('$what, as $as: $answer', async (attack) => {
      expect(await cameOf(attack, a, b)).toBe(attack.answer);
    });
  });
  describe('B against A', () => {
    test.each(attacksOf(matrix))('$what, as $as: $answer', async (attack) => {
      expect(await cameOf(attack, b, a)).toBe(attack.answer);
    });
  });
});

test("after all of it both tenants' data, rights and marks are what they were", async () => {
  expect(await snapshots()).toEqual(before);
  // The comparison sees a change in each backend: otherwise the line above would say nothing.
  await Promise.all([a, b].map((it) => spoil(the(it))));
  for (const [at, after] of (await snapshots()).entries()) {
    for (const backend of BACKEND_KINDS) expect(after[backend]).not.toEqual(before[at]?.[backend]);
  }
});

describe('a tenant that is gone', () => {
  beforeAll(async () => {
    const [neighbour, leaving] = [the(a), the(old)];
    // What could keep it from going, or outlive it: rights that a neighbour has granted it, and copies it has made of
    // its data.
    await neighbour.postgres.rows(
      `CREATE TABLE gift (n int); GRANT SELECT ON gift TO ${leaving.postgres.app}, ${leaving.postgres.owner}; CREATE POLICY gift ON gift TO ${leaving.postgres.app} USING (true)`,
    );
    await leaving.qdrant.result('POST', `/collections/${leaving.qdrant.collection}/snapshots`);
    await leaving.qdrant.result('POST', `/collections/${leaving.qdrant.collection}/shards/0/snapshots`);
  });

  test('goes, whatever a neighbour has granted it', async () => {
    expect(await deleteTenant(installation, the(old).id)).toMatchObject({
      status: 'deleted',
      operation: { state: 'done' },
    });
    expect(await observeFromOutside(installation.info, the(old).name)).toEqual(NOTHING);
  });

  test.each(attacksOf(GONE))('$what, as $as: $answer', async (attack) => {
    expect(await cameOf(attack, old, a)).toBe(attack.answer);
  });
});

describe('a new tenant of the same name', () => {
  const BEING_MADE: Attack = {
    what: 'be let into its database while it is being made',
    as: 'another tenant',
    answer: '42501',
    run: async () => knocked,
  };
  let knocked = 'nobody has knocked';

  beforeAll(async () => {
    const polling = pollLogin(the(old).postgres.database, the(b));
    try {
      reborn = await open(the(old).name);
    } finally {
      knocked = await polling.stop();
    }
  });

  test.each([...attacksOf(REBORN), BEING_MADE])('$what, as $as: $answer', async (attack) => {
    expect(await cameOf(attack, old, reborn)).toBe(attack.answer);
  });

  test('docs/reports/isolation.md says what came of all this', () => {
    const page = isolationPage(
      [
        ...BACKENDS,
        GONE,
        { ...REBORN, parts: [...REBORN.parts, { title: 'Before it is ready', attacks: [BEING_MADE] }] },
      ],
      answers,
    );
    if (process.env['UPDATE_DOCS'] === '1') writePage(page);
    expect(readPage() === page || `not what this run has seen; ${RENEW}`).toBe(true);
  });
});
