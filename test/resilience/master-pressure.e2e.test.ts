import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expectedOf, judgeAfter } from '../chaos/expected';
import { type Operation, OPERATIONS } from '../chaos/plan';
import { withRetries } from '../chaos/with-retries';
import { ask, ends, withSeedData, type Subject } from '../kill/operations';
import { newName } from '../support/activity-harness';
import { writeSection } from '../support/faults-page';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { PRESSURES, type PressureKind } from '../support/master-pressure';
import { gateFor } from '../support/pooled';
import { IS_LONG, QUICK_KEYCLOAK } from '../support/sample';
import { until } from '../support/until';

/** Two are at it at once; more of them are no other case. */
const TENANTS = IS_LONG ? 3 : 2;
/** Then it is over, once it was felt: on a busy machine less happens in this time. */
const LASTS_MS = IS_LONG ? 6_000 : 3_000;
// In the long form each goes through all of a life; in the short one those that share an installation go through one
// together, two operations each.
const LIFE = ['create', 'suspend', 'resume', 'hard delete'];
const operationsUnder = ({ meets }: PressureKind): Operation[] =>
  (IS_LONG ? LIFE : meets).map((name) => OPERATIONS.find((it) => it.name === name) as Operation);
/** So that what a trouble parks goes on soon after it. */
const IMPATIENT = { PARKED_RETRY_MS: '2000', KEYCLOAK_CONCURRENCY: '4', ...QUICK_KEYCLOAK };

/** How long each operation of a life took, for docs/reports/faults.md. */
const took: { title: string; byOperation: number[] }[] = [];
afterAll(() => {
  if (IS_LONG) writeSection('The master database under pressure', section());
});

const section =
  (): string => `A trouble of the master database lasts ${LASTS_MS / 1_000} s from the moment ${TENANTS} tenants are asked for an operation; the client repeats what is answered 503. Seen each time: every operation
done once, tenants, ledger and log as the records say. In seconds from the asking to the end of the last operation:

| | ${LIFE.join(' | ')} |
|---|${LIFE.map(() => '---|').join('')}
${took.map((it) => `| ${it.title} | ${it.byOperation.join(' | ')} |`).join('\n')}`;

/** What the processes have logged from now on. */
function logsFromNow({ logDir }: TestInstallation): () => string {
  const textOf = (file: string) => readFileSync(path.join(logDir, file));
  const files = () => readdirSync(logDir).filter((it) => it.endsWith('.log'));
  const sizes = Object.fromEntries(files().map((it) => [it, textOf(it).length]));
  return () =>
    files()
      .map((it) =>
        textOf(it)
          .subarray(sizes[it] ?? 0)
          .toString(),
      )
      .join('');
}

/**
 * Installations that are in progress at once: each has a database and processes of its own and waits most of its time.
 */
const AT_ONCE = 4;
const pressures = Object.entries(PRESSURES);
/**
 * Those of the same environment share an installation, in the short form all of them, and come one after the other
 * there.
 */
const isShared = ({ env, isAlone }: PressureKind) => env === undefined && !(IS_LONG && isAlone);
const others = pressures.filter(([, it]) => isShared(it));
const groups = [
  ...pressures.filter(([, it]) => !isShared(it)).map((it) => [it]),
  ...(IS_LONG ? [0, 1].map((half) => others.filter((_, at) => at % 2 === half)) : [others]),
];
const done = new Map<string, Promise<void>>();

beforeAll(() => {
  const gate = gateFor(AT_ONCE);
  for (const group of groups) {
    const installation = gate(() => inInstallationOfItsOwn(group));
    for (const [title] of group)
      done.set(
        title,
        installation.then((seen) => seen.get(title)),
      );
  }
  // A later await still gets the error all the same.
  for (const it of done.values()) it.catch(() => undefined);
});
// None is left in progress when another one fails.
afterAll(async () => void (await Promise.allSettled([...done.values()])), 600_000);

/** Tenants, and what has been done with them so far. */
interface Life {
  readonly subjects: Subject[];
  readonly past: readonly Operation[];
}

const newLife = (): Life => ({
  subjects: Array.from({ length: TENANTS }, () => ({ id: '', name: newName('m') })),
  past: [],
});

/**
 * Goes on under one pressure after the other; in the long form what fails under one is no reason to leave out the next.
 */
async function inInstallationOfItsOwn(group: [string, PressureKind][]): Promise<Map<string, Promise<void>>> {
  const env = group[0]?.[1].env ?? {};
  const installation = await openTestInstallation({ api: env, worker: { ...IMPATIENT, ...env } });
  const seen = new Map<string, Promise<void>>();
  let life = Promise.resolve(newLife());
  try {
    for (const [title, kind] of group) {
      const begun = IS_LONG ? newLife() : await life.catch(() => undefined);
      life = begun === undefined ? life : goOn(withRetries(installation), title, kind, begun);
      const isWell = life.then(() => undefined);
      seen.set(title, isWell);
      await isWell.catch(() => undefined);
    }
    return seen;
  } finally {
    await installation.close();
  }
}

/** Goes on with a life under this pressure, and looks after each operation whether all is as the records say. */
async function goOn(
  there: TestInstallation,
  title: string,
  kind: PressureKind,
  { subjects, past }: Life,
): Promise<Life> {
  const logs = logsFromNow(there);
  const byOperation: number[] = [];
  const operations = operationsUnder(kind);
  let last = subjects;
  for (const operation of operations) {
    const askedAt = Date.now();
    last = await underPressure(there, kind, operation, last, logs);
    byOperation.push(Math.round((Date.now() - askedAt) / 1_000));
  }
  expect(await countsOf(there, last)).toEqual(countsIn([...past, ...operations]));
  expect(logs()).toMatch(kind.leaves);
  took.push({ title, byOperation });
  return { subjects: last, past: [...past, ...operations] };
}
/** Does one operation with all of them while the trouble lasts; gives them as they are then. */
async function underPressure(
  there: TestInstallation,
  { leaves, begin }: PressureKind,
  operation: Operation,
  subjects: readonly Subject[],
  logs: () => string,
): Promise<Subject[]> {
  const pressure = await begin(there);
  let haveEnded = false;
  const isOver = (async () => {
    try {
      await delay(LASTS_MS);
      await until('the trouble is felt', async () => haveEnded || leaves.test(logs()));
    } finally {
      await pressure.end();
    }
  })();
  isOver.catch(() => undefined);
  const ended = await Promise.all(
    subjects.map(async (it) => {
      const subject = await ask(there, operation.kind, it);
      return { subject, tenant: await ends(there, operation.kind, subject) };
    }),
  );
  haveEnded = true;
  await isOver;
  const seen = await Promise.all(ended.map(({ subject, tenant }) => judgeAfter(there, operation, subject, tenant)));
  expect({ [operation.name]: seen }).toEqual({ [operation.name]: seen.map(() => expectedOf(operation)) });
  return operation.kind === 'create'
    ? Promise.all(ended.map(({ subject }) => withSeedData(there, subject)))
    : ended.map((it) => it.subject);
}

/** How many operations of each kind they have had. */
async function countsOf({ master }: TestInstallation, subjects: readonly Subject[]): Promise<Record<string, number>> {
  const { rows } = await master.query<{ kind: string; count: number }>(
    'SELECT kind, count(*)::int FROM "TenantOperation" WHERE "tenantId"::text = ANY ($1) GROUP BY kind',
    [subjects.map((it) => it.id)],
  );
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
}

function countsIn(operations: readonly Operation[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of operations) counts[kind] = (counts[kind] ?? 0) + TENANTS;
  return counts;
}

test.each(Object.keys(PRESSURES))(
  '%s: no answer, status, ledger or log row is lost',
  async (title) => {
    await expect(done.get(title)).resolves.toBeUndefined();
  },
  600_000,
);
