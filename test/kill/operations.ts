import type { OperationGoal, StatusOperationKind } from '@freeflow/contract';
import { newName } from '../support/activity-harness';
import { fill, fingerprint } from '../support/fingerprint';
import type { TestInstallation } from '../support/installation';
import { observeFromOutside, type Seen } from '../support/outside';
import { askFor, change, createTenant, operationEnds, rotate, type Tenant } from '../support/tenants';
import { BEFORE, type Scenario } from './points';

/**
 * A tenant made ready for an operation, and what was there of it when it was active; nothing for one that is to be
 * made.
 */
export interface Subject {
  id: string;
  name: string;
  before?: { fingerprint: string; seen: Seen };
}

/** Gives an active tenant data of its own, and keeps in mind what is there then. */
export async function withSeedData(installation: TestInstallation, { id, name }: Subject): Promise<Subject> {
  await fill(installation.info, name);
  return {
    id,
    name,
    before: {
      fingerprint: await fingerprintOf(installation, name),
      seen: await observeFromOutside(installation.info, name),
    },
  };
}

type Change = 'suspend' | 'delete';
const WAYS: Readonly<Record<Exclude<OperationGoal, 'gone'>, readonly Change[]>> = {
  active: [],
  suspended: ['suspend'],
  deleted: ['delete'],
};

/** Brings a new tenant, with data of its own, to where the operation begins. */
export async function prepare(
  installation: TestInstallation,
  { kind, goal }: Pick<Scenario, 'kind' | 'goal'>,
  name = newName('k'),
): Promise<Subject> {
  const before = BEFORE[kind];
  if (before === 'provisioning') return { id: '', name };
  const { id, status } = await createTenant(installation, name);
  if (status !== 'active') throw new Error(`${name} could not be made ready: it is ${status}`);
  const subject = await withSeedData(installation, { id, name });
  if (kind === 'retire') await rotate(installation, id, 86_400);
  const ways: readonly Change[] = kind === 'restore' && goal === 'suspended' ? ['suspend', 'delete'] : WAYS[before];
  for (const way of ways) await change(installation, id, way);
  return subject;
}

export const fingerprintOf = ({ info }: TestInstallation, name: string): Promise<string> =>
  fingerprint(info, name, { saltedHashes: false });

const ASK: Readonly<
  Record<
    Exclude<StatusOperationKind, 'create'>,
    (installation: TestInstallation, id: string) => Promise<{ status: number; text: string }>
  >
> = {
  suspend: (installation, id) => installation.request('POST', `/tenants/${id}/suspend`),
  resume: (installation, id) => installation.request('POST', `/tenants/${id}/resume`),
  restore: (installation, id) => installation.request('POST', `/tenants/${id}/restore`),
  upgrade: (installation, id) => installation.request('POST', `/tenants/${id}/upgrade`),
  soft_delete: (installation, id) => installation.request('DELETE', `/tenants/${id}`),
  hard_delete: (installation, id) => installation.request('DELETE', `/tenants/${id}?mode=hard&force=true`),
  change_plan: (installation, id) => installation.request('PATCH', `/tenants/${id}`, { plan: 'free' }),
  // At once, which has all steps there are; with an overlap it ends where that begins.
  rotate: (installation, id) => installation.request('POST', `/tenants/${id}/rotate`, { overlapSeconds: 0 }),
  retire: async (installation, id) => {
    await installation.master.query('UPDATE "TenantResource" SET "overlapUntil" = now() WHERE "tenantId" = $1', [id]);
    return { status: 202, text: '' };
  },
  // Nobody asks for it: its time comes.
  purge: async (installation, id) => {
    await installation.master.query('UPDATE "Tenant" SET "purgeAt" = now() WHERE id = $1', [id]);
    return { status: 202, text: '' };
  },
};

/** Requests the operation; gives the tenant with the id it has by then. */
export async function ask(
  installation: TestInstallation,
  kind: StatusOperationKind,
  subject: Subject,
): Promise<Subject> {
  if (kind === 'create') return { ...subject, id: await askFor(installation, subject.name) };
  const { status, text } = await ASK[kind](installation, subject.id);
  if (status !== 202) throw new Error(`${kind} answered ${status}: ${text}`);
  return subject;
}

/**
 * Waits until this operation of the tenant has ended.
 * @param standstillMs fails when for this long no step of any operation of the installation was done
 */
export const ends = (
  installation: TestInstallation,
  kind: StatusOperationKind,
  { id }: Subject,
  standstillMs?: number,
): Promise<Tenant> => operationEnds(installation, id, standstillMs, kind);
