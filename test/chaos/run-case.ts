import { setTimeout as delay } from 'node:timers/promises';
import { ask, type Subject } from '../kill/operations';
import type { House } from '../house';
import { until } from '../until';
import type { Case, Moment } from './plan';
import type { World } from './world';

/** What is not seen within this time is not waited for: the fault comes all the same. In ms. */
const SEEN_WITHIN_MS = 8_000;

const BACKENDS_DONE: Readonly<Partial<Record<Moment, number>>> = { 'once a backend is done': 1, 'once three are done': 3 };

/** Asks for the operation of a case and lets its fault happen; gives the tenant, with the id it has by then. */
export function runCase(world: World, of: Case, subject: Subject): Promise<Subject> {
  return world.alone(of, async () => {
    const { house } = world;
    if (of.moment === 'before it is asked for' || of.fault.startsWith('API')) {
      await world.begin(of);
      // What goes wrong with it is told once the fault is over.
      const asked = askAll(house, of, subject).then((it) => () => it, (error: unknown) => () => { throw error; });
      await delay(of.lastsMs);
      await world.end(of);
      return (await asked)();
    }
    const asked = await askAll(house, of, subject);
    await hasCome(house, of.moment, asked);
    await world.begin(of);
    await delay(of.lastsMs);
    await world.end(of);
    return asked;
  });
}

async function askAll(house: House, { operation: { kind, interrupts } }: Case, subject: Subject): Promise<Subject> {
  if (interrupts === undefined) return ask(house, kind, subject);
  const first = await ask(house, interrupts, subject);
  await hasCome(house, 'once it has begun', first);
  return ask(house, kind, first);
}

async function hasCome(house: House, moment: Moment, { id }: Subject): Promise<void> {
  if (moment === 'once it is accepted') return;
  const wanted = BACKENDS_DONE[moment] ?? 0;
  await until(moment, async () => {
    const { rows } = await house.master.query<{ step: string }>(
      `SELECT DISTINCT split_part(step, '.', 1) AS step FROM "TenantProvisionLog" WHERE status = 'success'
          AND "operationId" = (SELECT id FROM "TenantOperation" WHERE "tenantId" = $1 ORDER BY "createdAt" DESC LIMIT 1)`, [id]);
    return rows.length > wanted;
  }, SEEN_WITHIN_MS).catch(() => undefined);
}
