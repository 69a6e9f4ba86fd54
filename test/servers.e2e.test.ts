import { setTimeout as delay } from 'node:timers/promises';
import { endGroup } from '../stack/processes';
import { readStackInfo, type StackInfo } from '../stack/stack-info';
import { expectedOf, lookAfter } from './chaos/expected';
import { patient } from './chaos/patient';
import { OPERATIONS, type Operation } from './chaos/plan';
import { openHouse, type House } from './house';
import { asItIs, ask, ends, filled, prepare, type Subject } from './kill/operations';
import { TEST_STACK } from './master';
import { newStackDir, removeStackDirs, stack } from './stack-bench';
import { createTenant } from './tenants';
import { until } from './until';
import { newName } from './workbench';

// Servers that die, as they do where they aren't ours: those of a stack of this suite's own, which starts again what has died.
const AT_ONCE = ['create', 'create', 'suspend', 'hard delete'].map((name) => OPERATIONS.find((it) => it.name === name) as Operation);
const HARD_DELETE = OPERATIONS.find((it) => it.name === 'hard delete') as Operation;
const IMPATIENT = { STEP_PATIENCE_MS: '3000', PARKED_RETRY_MS: '2000', KEYCLOAK_CONCURRENCY: '4' };
/** A call that Keycloak has not answered counts for a minute, and it takes half of one to start; the rest is for a busy machine. */
const ENDED_WITHIN_MS = 240_000;

let dir: string;
let info: StackInfo;
let house: House;
let apart: House;

beforeAll(async () => {
  dir = newStackDir();
  await stack('start', dir).prints(/All servers are ready/);
  info = readStackInfo(dir);
  const own = { info, worker: IMPATIENT };
  [house, apart] = await Promise.all([openHouse(own), openHouse({ ...own, masterOn: readStackInfo(TEST_STACK) })]).then(([one, other]) => [patient(one), patient(other)] as const);
}, 300_000);
afterAll(async () => {
  await Promise.all([house, apart].map((it) => it?.close()));
  await removeStackDirs(dir);
}, 120_000);

type ServerName = 'postgres' | 'mongodb' | 'qdrant' | 'keycloak' | 'temporal';

/** Ends it by SIGKILL, with all it has started. */
const kill = (name: ServerName): Promise<void> => endGroup(readStackInfo(dir).processes[name] as { pid: number; startedAt: string }, 'SIGKILL', 10_000);

/** Whether a call with an effect is on its way to this server, or has been. */
async function hasBeenCalled({ master }: House, { id }: Subject, name: ServerName): Promise<boolean> {
  const { rows } = await master.query('SELECT 1 FROM "TenantResource" WHERE "tenantId" = $1 AND kind::text = $2 AND "serverId" IS NOT NULL', [id, name]);
  return rows.length > 0;
}

/** Lets a server die in the middle of operations; gives what is seen of each in the end, then of its deletion. */
async function killedInTheMiddle(of: House, name: ServerName): Promise<unknown> {
  const neighbour = await filled(of, await createTenant(of, newName('n')));
  const prepared = await Promise.all(AT_ONCE.map((it) => prepare(of, it, newName('s'))));
  const subjects = await Promise.all(AT_ONCE.map((it, at) => ask(of, it.kind, prepared[at] as Subject)));
  const [created] = subjects as [Subject];
  await (name === 'temporal' ? delay(500) : until(`${name} is called`, () => hasBeenCalled(of, created, name), 20_000));
  await kill(name);
  const seen = await Promise.all(AT_ONCE.map((it, at) => seenInTheEnd(of, it, subjects[at] as Subject)));
  const isUntouched = (await asItIs(of, neighbour.name)) === neighbour.before?.fingerprint;
  const deleted = await Promise.all([...subjects.slice(0, -1), neighbour].map(async (it) => seenInTheEnd(of, HARD_DELETE, await ask(of, 'hard_delete', it))));
  return { seen, isUntouched, deleted };
}

const seenInTheEnd = async (of: House, operation: Operation, subject: Subject) => lookAfter(of, operation, subject, await ends(of, operation.kind, subject, ENDED_WITHIN_MS));

const ALL_WELL = { seen: AT_ONCE.map(expectedOf), isUntouched: true, deleted: AT_ONCE.map(() => expectedOf(HARD_DELETE)) };

test.each(['mongodb', 'qdrant', 'keycloak', 'temporal'] as const)('%s is killed in the middle of operations: once it is back they end, complete or absent', async (name) => {
  expect(await killedInTheMiddle(house, name)).toEqual(ALL_WELL);
}, 600_000);

test('PostgreSQL is killed, and the master database with it: once it is back they end, complete or absent', async () => {
  expect(await killedInTheMiddle(house, 'postgres')).toEqual(ALL_WELL);
}, 600_000);

test('PostgreSQL is killed, the master database is elsewhere and goes on: once it is back they end, complete or absent', async () => {
  expect(await killedInTheMiddle(apart, 'postgres')).toEqual(ALL_WELL);
}, 600_000);
