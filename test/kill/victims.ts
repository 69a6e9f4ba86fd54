import { BACKEND_KINDS, OPERATIONS } from '@freeflow/contract';
import type { FaultInjectedInstallation } from '../support/fault-injected-installation';
import type { Running } from '../support/installation';
import { pooled } from '../support/pooled';
import { logOf, parkedStepsOf } from '../support/tenants';
import { until } from '../support/until';
import { ask, type Subject } from './operations';
import type { Orders } from './orders';
import type { Point, Scenario } from './points';

/** A point, and the tenant in whose operation the worker is to die there. */
export interface Victim {
  scenario: Scenario;
  point: Point;
  subject: Subject;
}

const giveOrders = (orders: Orders, victims: readonly Victim[]) =>
  orders.give(victims.map(({ point, subject }) => ({ ...point, tenantId: subject.id })));

/**
 * Requests their operations and orders the worker to die in them. A tenant to be made has an id once it was requested,
 * and must not begin before the orders are given: the worker is held meanwhile.
 */
export async function askWhileHeld(
  installation: FaultInjectedInstallation,
  victims: readonly Victim[],
  orders: Orders,
  { process }: Running,
): Promise<Victim[]> {
  process.kill('SIGSTOP');
  try {
    const asked = await askAll(installation, victims);
    giveOrders(orders, asked);
    return asked;
  } finally {
    process.kill('SIGCONT');
  }
}

const askAll = (installation: FaultInjectedInstallation, victims: readonly Victim[]): Promise<Victim[]> =>
  pooled(5, victims, async (it) => ({ ...it, subject: await ask(installation, it.scenario.kind, it.subject) }));

/** Parks all of them, then gives orders and has them undone. */
export async function undoAll(
  installation: FaultInjectedInstallation,
  victims: readonly Victim[],
  orders: Orders,
  startKiller: () => Promise<Running>,
): Promise<[Running, Victim[]]> {
  const killer = await startKiller();
  const parked = await parkAll(installation, victims);
  giveOrders(orders, parked);
  await pooled(5, parked, ({ subject: { id } }) =>
    installation.request('POST', `/tenants/${id}/abort`, { reason: 'a test' }),
  );
  return [killer, parked];
}

/** At how many backends the tenant's last operation has done this. */
async function doneBy(installation: FaultInjectedInstallation, id: string, verb: string): Promise<number> {
  const rows = await logOf(installation, id);
  const begun = rows.findLastIndex((it) => it.step === 'begin');
  return rows.slice(begun).filter((it) => it.step.endsWith(`.${verb}`) && it.status === 'success').length;
}

/**
 * Has every tenant parked at one backend, all others being done there: at Qdrant, and at PostgreSQL those that are to
 * die at Qdrant, since an undo is worth a look only where something was done. A parked step tries again after minutes
 * only.
 */
async function parkAll(installation: FaultInjectedInstallation, victims: readonly Victim[]): Promise<Victim[]> {
  const parked: Victim[] = [];
  const isAtQdrant = ({ point }: Victim) => point.step.startsWith('qdrant.');
  for (const shut of ['qdrant', 'postgres'] as const) {
    installation.proxies[shut].shut();
    const group = await askAll(
      installation,
      victims.filter((it) => isAtQdrant(it) === (shut === 'postgres')),
    );
    for (const { scenario, subject } of group) {
      const verb = OPERATIONS[scenario.kind].forward.at(-1) ?? '';
      await until(`${subject.id} is parked`, async () =>
        (await parkedStepsOf(installation, subject.id)).some((it) => it.startsWith(`${shut}.`)),
      );
      await until(
        `${subject.id} is done everywhere else`,
        async () => (await doneBy(installation, subject.id, verb)) === BACKEND_KINDS.length - 1,
      );
    }
    installation.proxies[shut].open();
    parked.push(...group);
  }
  return parked;
}
