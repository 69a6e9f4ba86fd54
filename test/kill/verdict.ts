import type { OperationGoal, OperationKind } from '@freeflow/contract';
import type { TestInstallation } from '../support/installation';
import { observeFromOutside, NOTHING, type Seen } from '../support/outside';
import { ALL_IN, ALL_OUT, logInEverywhere } from '../support/tenant-app';
import type { Tenant } from '../support/tenants';
import { fingerprintOf, type Subject } from './operations';
import type { Point, Scenario } from './points';
import { judgeRecords } from './records';

/**
 * What is to be seen after a worker was killed and another has finished its work; short words, so that a difference
 * reads by itself.
 */
export interface Verdict {
  operation: string;
  tenant: string;
  standing: string;
  access: string;
  data: string;
  ledger: string;
  secrets: string;
  /** What streams were told of it, and what the audit trail has. */
  events: string;
  audit: string;
  log: string;
}

interface End {
  standing: string;
  access: string;
  ledger: string;
  secrets: string;
}

const ENDS: Readonly<Record<OperationGoal, End>> = {
  active: { standing: 'complete', access: 'let in everywhere', ledger: 'all present', secrets: '5' },
  suspended: { standing: 'complete', access: 'refused everywhere', ledger: 'all disabled', secrets: '5' },
  deleted: { standing: 'complete', access: 'refused everywhere', ledger: 'all disabled', secrets: '5' },
  gone: { standing: 'nothing left', access: 'none to try', ledger: 'all absent', secrets: '0' },
};

/** What leaves a tenant with another login. */
const REPLACES_LOGIN: readonly string[] = ['rotate', 'retire'] satisfies OperationKind[];

/** What must be seen, whatever the point. */
export const mustBe = ({ kind, goal, isUndone }: Pick<Scenario, 'kind' | 'goal' | 'isUndone'>): Verdict => ({
  operation: isUndone ? 'rolled_back' : 'done',
  tenant: goal,
  ...ENDS[goal],
  // Another login is another role, user and client; and what is compared has the limits in it.
  data:
    goal === 'active' && kind !== 'create' && (isUndone || ![...REPLACES_LOGIN, 'change_plan'].includes(kind))
      ? 'unchanged'
      : 'not compared',
  events: 'true',
  audit: 'true',
  log: 'true',
});

/** Looks at everything with the servers' own drivers, and at the records. */
export async function look(
  installation: TestInstallation,
  scenario: Scenario,
  { step }: Point,
  subject: Subject,
  tenant: Tenant,
): Promise<{ verdict: Verdict; attempts: string[] }> {
  const [stands, log] = await Promise.all([
    observeOutcome(installation, mustBe(scenario).data === 'unchanged', subject, tenant),
    readLog(installation, subject.id, tenant.operation.id),
  ]);
  return {
    verdict: { ...stands, log: faultsOfLog(log, step) },
    attempts: log.filter((it) => it.step === step && it.isOfOperation).map((it) => outcomeOf(it)),
  };
}

/** The same without the log, whatever the operation was. */
export async function observeOutcome(
  installation: TestInstallation,
  comparesData: boolean,
  subject: Subject,
  { operation, status, goneAt }: Tenant,
): Promise<Omit<Verdict, 'log'>> {
  const { id, name, before } = subject;
  const isGone = goneAt !== null;
  const [
    seen,
    access,
    { rows: ledger },
    {
      rows: [secrets],
    },
    records,
  ] = await Promise.all([
    observeFromOutside(installation.info, name),
    isGone ? undefined : logInEverywhere(installation, subject),
    // What is there may be followed by an earlier create that was never confirmed, and reports it.
    installation.master.query<{ state: string; unanswered: boolean }>(
      'SELECT state, "callStartedAt" IS NOT NULL AND state <> \'present\' AS unanswered FROM "TenantResource" WHERE "tenantId" = $1',
      [id],
    ),
    installation.master.query<{ count: string }>('SELECT count(*) FROM "TenantSecret" WHERE "tenantId" = $1', [id]),
    judgeRecords(installation, subject),
  ]);
  const states = [...new Set(ledger.map((it) => (it.unanswered ? `${it.state} (a call is unanswered)` : it.state)))];
  return {
    operation: operation.state,
    tenant: isGone ? 'gone' : status,
    standing: standingOf(seen, name, access !== undefined && sameAs(access, ALL_IN), {
      before: before?.seen,
      logins: REPLACES_LOGIN.includes(operation.kind) && operation.state === 'done' ? 1 : 0,
    }),
    access: access === undefined ? 'none to try' : accessOf(access),
    data:
      comparesData && !isGone && before !== undefined
        ? (await fingerprintOf(installation, name)) === before.fingerprint
          ? 'unchanged'
          : 'changed'
        : 'not compared',
    ledger: ledger.length === 4 ? `all ${states.join(' or ')}` : `${ledger.length} entries`,
    secrets: String(secrets?.count),
    ...records,
  };
}

const sameAs = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
const accessOf = (answers: typeof ALL_IN): string =>
  sameAs(answers, ALL_IN)
    ? 'let in everywhere'
    : sameAs(answers, ALL_OUT)
      ? 'refused everywhere'
      : JSON.stringify(answers);

/** @param logins how many it has besides the first one */
function standingOf(
  seen: Seen,
  name: string,
  isLetIn: boolean,
  { before, logins }: { before: Seen | undefined; logins: number },
): string {
  if (sameAs(seen, NOTHING)) return 'nothing left';
  const isComplete =
    seen.postgres?.owner === `freeflow_${name}_owner` &&
    seen.postgresRoles.length === 2 + logins &&
    seen.mongoUsers.length === 1 + logins &&
    seen.mongoUsers.includes(`freeflow_${name}`) &&
    seen.mongoCollections.length > 0 &&
    seen.qdrant !== null &&
    seen.qdrantTokens === (isLetIn ? 1 : 0) &&
    seen.keycloak !== null;
  const ignored = { qdrantTokens: 0, ...(logins === 0 ? {} : { postgresRoles: [], mongoUsers: [] }) };
  const isSame = before === undefined || sameAs({ ...seen, ...ignored }, { ...before, ...ignored });
  return isComplete && isSame ? 'complete' : JSON.stringify(seen);
}

/** A log row, as far as its truth is looked at. */
export interface Row {
  step: string;
  status: string;
  message: string;
  attempt: number;
  seq: number;
  isOfOperation: boolean;
}

export const readLog = async (installation: TestInstallation, id: string, operationId: string): Promise<Row[]> =>
  (
    await installation.master.query<Row>(
      'SELECT step, status, message, attempt, seq, "operationId" = $2 AS "isOfOperation" FROM "TenantProvisionLog" WHERE "tenantId" = $1 ORDER BY seq',
      [id, operationId],
    )
  ).rows;

const isLost = ({ message }: Row): boolean => message.startsWith('lost: ');
const outcomeOf = (row: Row): string =>
  isLost(row) ? 'lost' : row.status === 'success' ? 'done' : (row.message.split(':')[0] ?? 'error');

/**
 * These begin again harmlessly, and each time is told; of the steps that end an operation there is one row, whatever
 * happened.
 */
const REPEATABLE = ['begin', 'start-rollback', 'switch-credentials'];

/** `true`, or what isn't. */
function faultsOfLog(log: readonly Row[], step: string): string {
  const faults = faultsOfCounting(log);
  const own = log.filter((it) => it.isOfOperation && it.step === step);
  if (own.at(-1)?.status !== 'success') faults.push(`${step} doesn't end with success`);
  if (step.includes('.')) {
    // The one that died; on a busy machine another one may have been given up for dead.
    if (!own.some(isLost)) faults.push(`no lost attempt of ${step}`);
  } else if (own.length !== 1 && !REPEATABLE.includes(step)) {
    faults.push(`${own.length} rows of ${step}`);
  }
  return faults.length === 0 ? 'true' : faults.join(', ');
}

/** What is wrong with the numbers of a log: its rows, and the attempts of each step of the operation. */
export function faultsOfCounting(log: readonly Row[]): string[] {
  if (log.some((it, at) => it.seq !== at + 1)) return ['seq has gaps'];
  const rows = log.filter((it) => it.isOfOperation);
  return [...new Set(rows.map((it) => it.step))].flatMap((it) => {
    const own = rows.filter((row) => row.step === it);
    return own.some((row, at) => row.attempt !== at + 1) ? [`the attempts of ${it} aren't counted from 1`] : [];
  });
}
