import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils';
import { fingerprintOf, ask, ends, prepare, type Subject } from '../kill/operations';
import type { Verdict } from '../kill/verdict';
import { findSecrets } from '../support/find-secret';
import { fill } from '../support/fingerprint';
import { pooled } from '../support/pooled';
import { replayNow } from '../support/replay';
import { openOperator, textOf } from '../support/temporal';
import { secretsOf } from '../support/tenant-app';
import { createTenant, logOf, type Tenant } from '../support/tenants';
import { until } from '../support/until';
import type { ChaosEnvironment } from './environment';
import { expectedOf, judgeAfter } from './expected';
import { createOverForeignResources, placeForeignResources, removeForeignResources } from './foreign-resources';
import { namesOutside, tenantsIn } from './names-outside';
import { inWords, type Case, type Fault } from './plan';
import { runCase } from './run-case';

const WIDTH = 7;
/** Keycloak's unanswered calls count for a minute, and it may be parked in between; the rest is for a busy machine. */
const ENDED_WITHIN_MS = 300_000;
const QUIET_WITHIN_MS = 60_000;

/** What came of one case. */
export interface Outcome {
  of: Case;
  /** The faults that began while it was to be requested or in progress. */
  met: readonly Fault[];
  expected: Verdict;
  /** Absent when it could not be requested or did not end; then `trouble` reports why. */
  verdict?: Verdict;
  trouble?: string;
  /** The failures that its log tells of. */
  failures: string[];
  /** From the end of the fault until the operation had ended, in ms. */
  tookMs: number;
}

/** What came of the cases of one round, and what is to be empty when all is well. */
export interface Round {
  outcomes: Outcome[];
  wrong: string[];
}

/**
 * Lets a round of cases happen in one chaos environment beside a neighbour, looks at everything, and removes the
 * tenants.
 */
export async function runRound(environment: ChaosEnvironment, cases: readonly Case[]): Promise<Round> {
  const { installation } = environment;
  const prefix = `x${randomBytes(4).toString('hex')}`;
  // None begins as another does: the look from outside goes by beginnings.
  const nameOf = (number: number) => `${prefix}n${String(number).padStart(4, '0')}`;
  const neighbour = await createTenant(installation, `${prefix}neighbour`);
  await fill(installation.info, neighbour.name);
  const untouched = await fingerprintOf(installation, neighbour.name);
  const foreignResources = await placeForeignResources(installation, prefix);
  const subjects = await pooled(WIDTH, cases, ({ number, operation: { kind, goal, interrupts } }) =>
    prepare(
      installation,
      interrupts === 'create' ? { kind: 'create', goal: 'active' } : { kind, goal },
      nameOf(number),
    ),
  );
  const secrets = Object.assign(
    {},
    ...(await Promise.all(subjects.filter((it) => it.id !== '').map((it) => secretsNamed(environment, it)))),
  ) as Record<string, string>;

  const met = createOverForeignResources(installation, foreignResources, ENDED_WITHIN_MS).catch((error: unknown) => [
    `a tenant of a stranger's name: ${String(error)}`,
  ]);
  const ended = await pooled(WIDTH, cases, async (of) => {
    process.stdout.write(`  ${inWords(of)}\n`);
    let [subject, met]: [Subject, Fault[]] = [subjects[cases.indexOf(of)] as Subject, []];
    try {
      ({ subject, met } = await runCase(environment, of, subject));
      const overAt = Date.now();
      const tenant = await ends(installation, of.operation.kind, subject, ENDED_WITHIN_MS);
      return { subject, met, tenant, tookMs: Date.now() - overAt };
    } catch (error) {
      const { message, cause } = error as Error;
      return { subject, met, tookMs: 0, trouble: cause instanceof Error ? `${message}: ${cause.message}` : message };
    }
  });
  const wrong = [...(await met), ...(await stuckOf(environment, prefix))];
  const outcomes = await pooled(WIDTH, cases, (of) => outcomeOf(environment, of, ended[cases.indexOf(of)] as End));

  const standing = ended.filter(
    ({ subject, tenant }) => subject.id !== '' && (tenant === undefined || tenant.goneAt === null),
  );
  const names = tenantsIn(await namesOutside(installation.info, prefix), prefix);
  const known = [
    neighbour.name,
    ...foreignResources.map(({ name }) => name),
    ...standing.map(({ subject }) => subject.name),
  ];
  wrong.push(...names.filter((it) => !known.includes(it)).map((it) => `${it} stands outside, and no record says so`));
  if ((await fingerprintOf(installation, neighbour.name)) !== untouched) wrong.push('the neighbour was changed');
  // A backend may say what we don't know; one of our own that we don't know tells on-call nothing.
  wrong.push(
    ...outcomes.flatMap(({ of, failures }) =>
      failures
        .filter((it) => / unexpected: (?!(postgres|mongodb|qdrant|keycloak): )/.test(it))
        .map((it) => `${inWords(of)}: ${it}`),
    ),
  );
  wrong.push(...(await lateEffects(environment)));
  if (!environment.hasWorker()) wrong.push('the worker has ended by itself');
  for (const { subject } of [...standing, { subject: neighbour }])
    Object.assign(secrets, await secretsNamed(environment, subject));
  const histories = await historiesOf(environment, ended);
  const texts = Object.fromEntries(Object.entries(histories).map(([of, history]) => [of, textOf(history)]));
  wrong.push(...findSecrets({ ...texts, ...logsOf(environment) }, secrets));
  // What another worker could not go on with is stuck for ever once this one is gone.
  wrong.push(...(await replayNow(histories)));

  await removeForeignResources(foreignResources).catch((error: unknown) =>
    wrong.push(`a foreign resource could not be removed: ${String(error)}`),
  );
  const asked = ended.filter(({ subject }) => subject.id !== '');
  await pooled(WIDTH, [...standing.map((it) => it.subject), neighbour], async (it) =>
    ends(installation, 'hard_delete', await ask(installation, 'hard_delete', it), ENDED_WITHIN_MS),
  );
  wrong.push(...(await namesOutside(installation.info, prefix)).map((it) => `left when all were deleted: ${it}`));
  if (asked.length < cases.length) wrong.push(`${cases.length - asked.length} could not be asked for`);
  return { outcomes, wrong };
}

interface End {
  subject: Subject;
  met: Fault[];
  tenant?: Tenant;
  tookMs: number;
  trouble?: string;
}

async function outcomeOf(
  { installation }: ChaosEnvironment,
  of: Case,
  { subject, met, tenant, tookMs, trouble }: End,
): Promise<Outcome> {
  const log = subject.id === '' ? [] : await logOf(installation, subject.id);
  const failures = [
    ...new Set(log.filter((it) => it.status === 'error').map((it) => `${it.step} ${shortenMessage(it.message ?? '')}`)),
  ];
  const expected = expectedOf(of.operation);
  if (tenant === undefined) return { of, met, expected, failures, tookMs, trouble: trouble ?? 'it did not end' };
  return {
    of,
    met,
    expected,
    failures,
    tookMs,
    verdict: await judgeAfter(installation, of.operation, subject, tenant),
  };
}

/** The type of a failure alone, unless it is none that we know. */
const shortenMessage = (message: string): string =>
  message.startsWith('unexpected') ? message : (message.split(':')[0] ?? '');

/** Waits until none of ours is stuck; says which are all the same. */
async function stuckOf({ installation }: ChaosEnvironment, prefix: string): Promise<string[]> {
  const list = async () => {
    const { items, isComplete } = (await installation.request('GET', '/tenants/stuck')).body as unknown as {
      items: { name: string; why: string }[];
      isComplete: boolean;
    };
    return [
      ...items.filter((it) => it.name.startsWith(prefix)).map((it) => `${it.name} is stuck: ${it.why}`),
      ...(isComplete ? [] : ['not all could be looked at']),
    ];
  };
  await until('nothing is stuck', async () => (await list()).length === 0, QUIET_WITHIN_MS).catch(() => undefined);
  return list();
}

/** What a drop has seen gone stays gone: else something came after it, and the end of the operation noticed. */
async function lateEffects({ installation }: ChaosEnvironment): Promise<string[]> {
  const { rows } = await installation.master.query<{ message: string }>(
    "SELECT message FROM \"TenantProvisionLog\" WHERE step = 'mark-gone' AND status = 'error'",
  );
  return rows.map(({ message }) => `close failed: ${message}`);
}

async function secretsNamed(
  { installation }: ChaosEnvironment,
  { id, name }: Subject,
): Promise<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(await secretsOf(installation, id)).map(([of, value]) => [`${of} of ${name}`, value]),
  );
}

/** Of all that were requested, also of those that did not end. */
async function historiesOf(
  { installation }: ChaosEnvironment,
  ended: readonly End[],
): Promise<Record<string, History>> {
  const operator = await openOperator(installation.info);
  try {
    const all = ended.filter(({ subject }) => subject.id !== '');
    const handleOf = ({ id }: Subject) => operator.client.workflow.getHandle(`tenant-${id}`);
    const histories = await pooled(WIDTH, all, async (it) => ({
      it,
      history: await handleOf(it.subject).fetchHistory().catch(orNone),
    }));
    return Object.fromEntries(
      histories.flatMap(({ it: { subject }, history }) =>
        history === undefined ? [] : [[`the history of ${subject.name}`, history]],
      ),
    );
  } finally {
    await operator.close();
  }
}

const orNone = (error: unknown): undefined => {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
};

const logsOf = ({ installation: { logDir } }: ChaosEnvironment): Record<string, string> =>
  Object.fromEntries(
    readdirSync(logDir)
      .filter((it) => it.endsWith('.log'))
      .map((it) => [`the log ${it}`, readFileSync(path.join(logDir, it), 'latin1')]),
  );
