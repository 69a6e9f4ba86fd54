import { SEARCH_ATTRIBUTES } from '@freeflow/contract';
import { ensureSearchAttributes, type SearchAttribute } from '@freeflow/lib/temporal';
import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';

/**
 * Registers what operators search by, as far as the server lets us. An attribute that isn't there, or is of another
 * type, would fail every workflow task that sets it, so workflows go on without it.
 * @param warn is called with what is wrong and what to do
 * @returns the names that workflows may set; nothing where they may set all
 */
export async function registerSearchAttributes(
  connection: NativeConnection,
  namespace: string,
  warn: (message: string) => void = () => undefined,
): Promise<string[] | undefined> {
  const { missing, ofOtherType } = await ensureSearchAttributes(new Client({ connection, namespace }));
  for (const it of missing) warn(complaint(it, true));
  for (const it of ofOtherType) warn(complaint(it, false));
  const unusable = [...missing, ...ofOtherType];
  return unusable.length === 0
    ? undefined
    : Object.values(SEARCH_ATTRIBUTES).flatMap((it) => (unusable.includes(it) ? [] : [it.name]));
}

function complaint({ name, type }: SearchAttribute, isMissing: boolean): string {
  const why = isMissing
    ? `There is no search attribute ${name} of the type ${type}, and this server does not let the worker add it`
    : `Search attribute ${name} is not of the type ${type}`;
  const remedy = isMissing
    ? `Add it by hand (temporal operator search-attribute create --name ${name} --type ${type})`
    : `Remove or rename it (temporal operator search-attribute remove --name ${name})`;
  return `${why}: workflows go on without it, and can't be found by it. ${remedy}, then restart the workers.`;
}
