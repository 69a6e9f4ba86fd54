import type { TenantBody, TenantEntry } from '@freeflow/contract/http';
import type { Planned, PlannedOf } from './planned';

/**
 * A tenant has its external id until it is gone, soft-deleted or not. What is to take it from one that the file does
 * not have is left alone; and so is that one where it would be pruned: it would lose its access, and nothing take its
 * place.
 */
export function blockTakenExternalIds(
  plan: readonly Planned[],
  entries: readonly TenantEntry[],
  living: readonly TenantBody[],
): Planned[] {
  const inFile = new Set(entries.map(({ name }) => name));
  const holders = new Map(
    living.flatMap(({ name, externalId }) =>
      externalId === null || inFile.has(name) ? [] : [[externalId, name] as const],
    ),
  );
  const heldBy = (it: Planned): string | undefined => holders.get(takenBy(it) ?? '');
  const replaced = new Map(plan.flatMap((it) => [[heldBy(it), it.name] as const]));
  return plan.map((it) => {
    const holder = heldBy(it);
    if (holder !== undefined) return blocked(it.name, `its externalId is still that of ${holder}`, holder);
    const heir = it.action === 'delete' ? replaced.get(it.name) : undefined;
    return heir === undefined
      ? it
      : blocked(it.name, `not in the file, but its externalId is to be ${heir}'s`, it.name);
  });
}

/** The external id that is to be another tenant's, or one's own for the first time. */
function takenBy(it: Planned): string | undefined {
  if (it.action !== 'create' && it.action !== 'change') return undefined;
  const to = it.changes.find(({ field }) => field === 'externalId')?.to;
  return typeof to === 'string' ? to : undefined;
}

const blocked = (name: string, why: string, holder: string): PlannedOf<'blocked'> => ({
  action: 'blocked',
  name,
  code: 'external-id-taken',
  why,
  advice: `Have it given up first: freeflow tenants update ${holder} --no-external-id`,
});
