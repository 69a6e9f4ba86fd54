import { setTimeout as delay } from 'node:timers/promises';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { endGroup } from '../../stack/processes';
import { readStackInfo } from '../../stack/stack-info';
import { expectedOf, judgeAfter } from '../chaos/expected';
import { OPERATIONS, type Operation } from '../chaos/plan';
import { withRetries } from '../chaos/with-retries';
import { fingerprintOf, ask, ends, withSeedData, prepare, type Subject } from '../kill/operations';
import { newName } from '../support/activity-harness';
import { writeSection } from '../support/faults-page';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { TEST_STACK } from '../support/master';
import { IS_LONG, QUICK_KEYCLOAK, sampleOf } from '../support/sample';
import { newStackDir, removeStackDirs, sharedKeycloak, stack } from '../support/stack-bench';
import { createTenant, type Tenant } from '../support/tenants';
import { until } from '../support/until';

// Servers that die, as they do where they aren't ours: those of a stack of this suite's own, which starts again what
// has died. What one kill leaves the next one goes on with: a tenant is made, suspended, deleted.
const AT_ONCE = (IS_LONG ? ['create', 'create', 'suspend', 'hard delete'] : ['create', 'suspend', 'hard delete']).map(
  (name) => OPERATIONS.find((it) => it.name === name) as Operation,
);
const HARD_DELETE = OPERATIONS.find((it) => it.name === 'hard delete') as Operation;
const IMPATIENT = { STEP_PATIENCE_MS: '3000', PARKED_RETRY_MS: '2000', KEYCLOAK_CONCURRENCY: '4', ...QUICK_KEYCLOAK };
/**
 * A call that Keycloak has not answered counts for a minute, and it takes half of one to start; the rest is for a busy
 * machine.
 */
const ENDED_WITHIN_MS = 240_000;

let dir: string;
let info: StackInfo;
let installation: TestInstallation;
/** Where PostgreSQL is not that of the master database; in the long form alone. */
let apart: TestInstallation | undefined;

beforeAll(async () => {
  dir = newStackDir();
  // Keycloak is not killed in the short form.
  await stack('start', dir, [], IS_LONG ? {} : sharedKeycloak()).prints(/All servers are ready/);
  info = readStackInfo(dir);
  const own = { info, worker: IMPATIENT };
  installation = withRetries(await openTestInstallation(own));
  if (IS_LONG) apart = withRetries(await openTestInstallation({ ...own, masterOn: readStackInfo(TEST_STACK) }));
}, 300_000);
afterAll(async () => {
  await Promise.all([installation, apart].map(async (it) => it?.close()));
  await removeStackDirs(dir);
});

/** How long each operation took from the kill to its end, for docs/reports/faults.md. */
const took: { title: string; byOperation: number[] }[] = [];
afterAll(() => {
  if (IS_LONG) writeSection('Killed servers', section());
});

const section =
  (): string => `Each server of a stack of its own is killed by SIGKILL once it has been called by the operations below, which are in progress at the same time; the stack starts it
again. No parked step gets an answer meanwhile. Seen each time: every operation done, tenants complete, cut off or absent as the records say, ledger and
log true, a neighbour with data untouched, and nothing left of any when all were deleted. In seconds from the kill to the end of the operation:

| killed | ${AT_ONCE.map((it) => it.name).join(' | ')} |
|---|${AT_ONCE.map(() => '---|').join('')}
${took.map((it) => `| ${it.title} | ${it.byOperation.join(' | ')} |`).join('\n')}`;

type ServerName = 'postgres' | 'mongodb' | 'qdrant' | 'keycloak' | 'temporal';

/** Ends it by SIGKILL, with all it has started. */
const kill = (name: ServerName): Promise<void> =>
  endGroup(readStackInfo(dir).processes[name] as { pid: number; startedAt: string }, 'SIGKILL', 10_000);

/** Whether a call with an effect is on its way to this server, or has been. */
async function hasBeenCalled({ master }: TestInstallation, { id }: Subject, name: ServerName): Promise<boolean> {
  const { rows } = await master.query(
    'SELECT 1 FROM "TenantResource" WHERE "tenantId" = $1 AND kind::text = $2 AND "serverId" IS NOT NULL',
    [id, name],
  );
  return rows.length > 0;
}

/** A tenant with data in each installation that nothing is asked of, whatever dies. */
const neighbours = new Map<TestInstallation, Promise<Subject>>();
function neighbourIn(of: TestInstallation): Promise<Subject> {
  const known = neighbours.get(of) ?? createTenant(of, newName('n')).then((it) => withSeedData(of, it));
  neighbours.set(of, known);
  return known;
}

/** What a kill has left, for the next one: tenants with data, and more that nothing is asked of any more. */
interface Left {
  active: Subject;
  suspended: Subject;
  others: Subject[];
}
const left = new Map<TestInstallation, Left>();

/** A tenant ready for the operation: one that is there already, where there is one. */
async function readyFor(of: TestInstallation, operation: Operation): Promise<Subject> {
  const there = left.get(of);
  if (there !== undefined && operation.kind === 'suspend') return there.active;
  if (there !== undefined && operation.kind === 'hard_delete') return there.suspended;
  return prepare(of, operation, newName('s'));
}

/** Lets a server die in the middle of operations; gives what is seen of each in the end. */
async function killedInTheMiddle(of: TestInstallation, name: ServerName, title: string): Promise<unknown> {
  const neighbour = await neighbourIn(of);
  const prepared = await Promise.all(AT_ONCE.map((it) => readyFor(of, it)));
  const others = left.get(of)?.others ?? [];
  left.delete(of);
  const subjects = await Promise.all(AT_ONCE.map((it, at) => ask(of, it.kind, prepared[at] as Subject)));
  const [created] = subjects as [Subject];
  await (name === 'temporal' ? delay(500) : until(`${name} is called`, () => hasBeenCalled(of, created, name)));
  await kill(name);
  const killedAt = Date.now();
  const ended = await Promise.all(
    AT_ONCE.map(async ({ kind }, at) => ({
      tenant: await ends(of, kind, subjects[at] as Subject, ENDED_WITHIN_MS),
      byS: Math.round((Date.now() - killedAt) / 1_000),
    })),
  );
  took.push({ title, byOperation: ended.map((it) => it.byS) });
  const seen = await Promise.all(
    AT_ONCE.map((it, at) => judgeAfter(of, it, subjects[at] as Subject, (ended[at] as { tenant: Tenant }).tenant)),
  );
  const isUntouched = (await fingerprintOf(of, neighbour.name)) === neighbour.before?.fingerprint;
  const suspended = subjects.at(-2) as Subject;
  left.set(of, {
    active: await withSeedData(of, created),
    suspended,
    others: [...others, ...subjects.slice(1, -2)],
  });
  return { seen, isUntouched };
}

const seenInTheEnd = async (of: TestInstallation, operation: Operation, subject: Subject) =>
  judgeAfter(of, operation, subject, await ends(of, operation.kind, subject, ENDED_WITHIN_MS));

const ALL_WELL = {
  seen: AT_ONCE.map(expectedOf),
  isUntouched: true,
};

const KILLS: readonly { title: string; name: ServerName; isApart?: true; isInShortForm?: true }[] = [
  { title: 'MongoDB', name: 'mongodb' },
  { title: 'Qdrant', name: 'qdrant' },
  { title: 'Keycloak', name: 'keycloak' },
  { title: 'Temporal', name: 'temporal', isInShortForm: true },
  // What the others show and more: a backend is gone, and whoever would write that down.
  { title: 'PostgreSQL, and the master database with it', name: 'postgres', isInShortForm: true },
  { title: 'PostgreSQL, the master database elsewhere', name: 'postgres', isApart: true },
];

test.each(sampleOf(KILLS, (it) => it.isInShortForm === true))(
  '$title: killed in the middle of operations; once it is back they end, complete or absent',
  async ({ title, name, isApart }) => {
    const of = isApart === true ? apart : installation;
    if (of === undefined) throw new Error('there is no installation for this');
    expect(await killedInTheMiddle(of, name, title)).toEqual(ALL_WELL);
  },
  600_000,
);

test('nothing is left of any, nor of a neighbour, once they are deleted', async () => {
  const standing = [
    ...(await Promise.all([...neighbours].map(async ([of, it]) => ({ of, it: await it })))),
    ...[...left].flatMap(([of, { active, suspended, others }]) =>
      [active, suspended, ...others].map((it) => ({ of, it })),
    ),
  ];
  const deleted = await Promise.all(
    standing.map(async ({ of, it }) => seenInTheEnd(of, HARD_DELETE, await ask(of, 'hard_delete', it))),
  );
  expect(deleted).toEqual(deleted.map(() => expectedOf(HARD_DELETE)));
}, 600_000);
