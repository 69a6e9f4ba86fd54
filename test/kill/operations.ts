import type { Goal } from '../../activities/transitions';
import type { PlannedKind } from '../../workflows/plans';
import { fill, fingerprint } from '../support/fingerprint';
import type { House } from '../support/house';
import { lookFromOutside, type Seen } from '../support/outside';
import { askFor, change, createTenant, tenantOf, type Tenant } from '../support/tenants';
import { until } from '../support/until';
import { newName } from '../support/workbench';
import { BEFORE, type Scenario } from './points';

/** A tenant made ready for an operation, and what was there of it when it was active; nothing for one that is to be made. */
export interface Subject {
  id: string;
  name: string;
  before?: { fingerprint: string; seen: Seen };
}

/** Gives an active tenant data of its own, and keeps in mind what is there then. */
export async function filled(house: House, { id, name }: Subject): Promise<Subject> {
  await fill(house.info, name);
  return {
    id,
    name,
    before: { fingerprint: await asItIs(house, name), seen: await lookFromOutside(house.info, name) },
  };
}

type Change = 'suspend' | 'delete';
const WAYS: Readonly<Record<Exclude<Goal, 'gone'>, readonly Change[]>> = {
  active: [],
  suspended: ['suspend'],
  deleted: ['delete'],
};

/** Brings a new tenant, with data of its own, to where the operation begins. */
export async function prepare(
  house: House,
  { kind, goal }: Pick<Scenario, 'kind' | 'goal'>,
  name = newName('k'),
): Promise<Subject> {
  const before = BEFORE[kind];
  if (before === 'provisioning' || before === 'gone') return { id: '', name };
  const { id, status } = await createTenant(house, name);
  if (status !== 'active') throw new Error(`${name} could not be made ready: it is ${status}`);
  const subject = await filled(house, { id, name });
  const ways: readonly Change[] = kind === 'restore' && goal === 'suspended' ? ['suspend', 'delete'] : WAYS[before];
  for (const way of ways) await change(house, id, way);
  return subject;
}

export const asItIs = ({ info }: House, name: string): Promise<string> =>
  fingerprint(info, name, { saltedHashes: false });

const ASK: Readonly<
  Record<Exclude<PlannedKind, 'create'>, (house: House, id: string) => Promise<{ status: number; text: string }>>
> = {
  suspend: (house, id) => house.request('POST', `/tenants/${id}/suspend`),
  resume: (house, id) => house.request('POST', `/tenants/${id}/resume`),
  restore: (house, id) => house.request('POST', `/tenants/${id}/restore`),
  soft_delete: (house, id) => house.request('DELETE', `/tenants/${id}`),
  hard_delete: (house, id) => house.request('DELETE', `/tenants/${id}?mode=hard&force=true`),
  // Nobody asks for it: its time comes.
  purge: async (house, id) => {
    await house.master.query('UPDATE "Tenant" SET "purgeAt" = now() WHERE id = $1', [id]);
    return { status: 202, text: '' };
  },
};

/** Asks for the operation; gives the tenant with the id it has by then. */
export async function ask(house: House, kind: PlannedKind, subject: Subject): Promise<Subject> {
  if (kind === 'create') return { ...subject, id: await askFor(house, subject.name) };
  const { status, text } = await ASK[kind](house, subject.id);
  if (status !== 202) throw new Error(`${kind} answered ${status}: ${text}`);
  return subject;
}

/** Waits until this operation of the tenant has ended. */
export function ends(house: House, kind: PlannedKind, { id }: Subject, timeoutMs: number): Promise<Tenant> {
  return until(
    `the ${kind} of ${id} has ended`,
    async () => {
      const tenant = await tenantOf(house, id);
      return tenant.operation.kind === kind &&
        ['done', 'rolled_back', 'refused', 'incomplete'].includes(tenant.operation.state)
        ? tenant
        : undefined;
    },
    timeoutMs,
  );
}
