import { setTimeout as delay } from 'node:timers/promises';
import { ask, type Subject } from '../kill/operations';
import type { TestInstallation } from '../support/installation';
import { until } from '../support/until';
import type { ChaosEnvironment } from './environment';
import type { Case, Fault, Moment } from './plan';

/** What is not seen within this time is not waited for: the fault comes all the same. In ms. */
const SEEN_WITHIN_MS = 5_000;

/** Of how many things the log tells by then that they are done: the beginning, then backends. */
const MUST_BE_DONE: Readonly<Record<Moment, number>> = {
  'before it is requested': 0,
  'once it is accepted': 0,
  'once it has begun': 1,
  'once a backend is done': 2,
  'once three are done': 4,
};

/** What came of the asking: the tenant, with the id it has by then, and which of the faults it met. */
export interface Ran {
  subject: Subject;
  met: Fault[];
}

/**
 * Requests the operation of a case and lets its faults happen, each at its moment unless the operation has ended by
 * then.
 */
export function runCase(environment: ChaosEnvironment, of: Case, subject: Subject): Promise<Ran> {
  return environment.alone(of.faults, async () => {
    const { installation } = environment;
    const met: Fault[] = [];
    const happens = async (fault: Fault) => {
      met.push(fault);
      await environment.begin(fault);
      await delay(fault.lastsMs);
      await environment.end(fault);
    };
    const isFirst = ({ moment }: Fault) => moment === 'before it is requested';
    const first = of.faults.filter(isFirst).map(happens);
    const asked = askAll(installation, of, subject);
    const others = of.faults
      .filter((it) => !isFirst(it))
      .map(async (fault) => {
        const { id } = await asked;
        if (await hasCome(installation, fault.moment, id)) await happens(fault);
      });
    // What goes wrong with it is reported once the faults are over.
    await Promise.allSettled([asked, ...first, ...others]);
    await Promise.all([...first, ...others]);
    return { subject: await asked, met };
  });
}

async function askAll(
  installation: TestInstallation,
  { operation: { kind, interrupts }, interruptedAt }: Case,
  subject: Subject,
): Promise<Subject> {
  if (interrupts === undefined) return ask(installation, kind, subject);
  const first = await ask(installation, interrupts, subject);
  await hasCome(installation, interruptedAt, first.id);
  return ask(installation, kind, first);
}

/** Waits for the moment; says whether the operation is still in progress then. */
async function hasCome(installation: TestInstallation, moment: Moment, id: string): Promise<boolean> {
  const wanted = MUST_BE_DONE[moment];
  let isOpen = true;
  await until(
    moment,
    async () => {
      const {
        rows: [seen],
      } = await installation.master.query<{ isOpen: boolean; done: number }>(
        `SELECT "endedAt" IS NULL AS "isOpen", (SELECT count(DISTINCT split_part(step, '.', 1))::int FROM "TenantProvisionLog" AS log WHERE status = 'success' AND log."operationId" = o.id) AS done
         FROM "TenantOperation" AS o WHERE "tenantId" = $1 ORDER BY "createdAt" DESC LIMIT 1`,
        [id],
      );
      isOpen = seen?.isOpen === true;
      return !isOpen || (seen?.done ?? 0) >= wanted;
    },
    SEEN_WITHIN_MS,
  ).catch(() => undefined);
  return isOpen;
}
