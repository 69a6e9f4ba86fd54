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
// The long form goes through all of a life.
const LIFE = IS_LONG ? ['create', 'suspend', 'resume', 'hard delete'] : ['create', 'hard delete'];
const operations = LIFE.map((name) => OPERATIONS.find((it) => it.name === name) as Operation);
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

/** Installations that are in progress at once: each has a database and processes of its own and waits most of its time. */
const AT_ONCE = 4;
const pressures = Object.entries(PRESSURES);
/** Two others share an installation, and come one after the other there. */
const others = pressures.filter(([, it]) => it.isAlone === undefined);
const groups = [
  ...pressures.filter(([, it]) => it.isAlone).map((it) => [it]),
  ...[0, 1].map((half) => others.filter((_, at) => at % 2 === half)),
];
const done = new Map<string, Promise<void>>();

beforeAll(() => {
  const gate = gateFor(AT_ONCE);
  for (const group of groups) {
    const installation = gate(() => inInstallationOfItsOwn(group));
    for (const [title] of group)
      done.set(
        title,
        installation.then((lives) => lives.get(title)),
      );
  }
  // A later await still gets the error all the same.
  for (const it of done.values()) it.catch(() => undefined);
});
// None is left in progress when another one fails.
afterAll(async () => void (await Promise.allSettled([...done.values()])), 600_000);

/** Lives under one pressure after the other; what fails under one is no reason to leave out the next. */
async function inInstallationOfItsOwn(group: [string, PressureKind][]): Promise<Map<string, Promise<void>>> {
  const env = group[0]?.[1].env ?? {};
  const installation = await openTestInstallation({ api: env, worker: { ...IMPATIENT, ...env } });
  const lives = new Map<string, Promise<void>>();
  try {
    for (const [title, kind] of group) {
      const life = live(withRetries(installation), title, kind);
      lives.set(title, life);
      await life.catch(() => undefined);
    }
    return lives;
  } finally {
    await installation.close();
  }
}

/** Goes through a life under this pressure, and looks after each operation whether all is as the records say. */
async function live(there: TestInstallation, title: string, { leaves, begin }: PressureKind): Promise<void> {
  const logs = logsFromNow(there);
  const byOperation: number[] = [];
  let subjects: Subject[] = Array.from({ length: TENANTS }, () => ({ id: '', name: newName('m') }));
  for (const operation of operations) {
    const pressure = await begin(there);
    const askedAt = Date.now();
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
    byOperation.push(Math.round((Date.now() - askedAt) / 1_000));
    await isOver;
    const seen = await Promise.all(ended.map(({ subject, tenant }) => judgeAfter(there, operation, subject, tenant)));
    expect({ [operation.name]: seen }).toEqual({ [operation.name]: seen.map(() => expectedOf(operation)) });
    subjects =
      operation.kind === 'create'
        ? await Promise.all(ended.map(({ subject }) => withSeedData(there, subject)))
        : ended.map((it) => it.subject);
  }
  const { rows } = await there.master.query<{ kind: string; count: string }>(
    'SELECT kind, count(*) FROM "TenantOperation" WHERE "tenantId"::text = ANY ($1) GROUP BY kind ORDER BY kind::text',
    [subjects.map((it) => it.id)],
  );
  expect(rows).toEqual(
    operations
      .map(({ kind }) => kind)
      .sort()
      .map((kind) => ({ kind, count: String(TENANTS) })),
  );
  expect(logs()).toMatch(leaves);
  took.push({ title, byOperation });
}

test.each(Object.keys(PRESSURES))(
  '%s: no answer, status, ledger or log row is lost',
  async (title) => {
    await expect(done.get(title)).resolves.toBeUndefined();
  },
  600_000,
);
