import type { TenantResource } from '@freeflow/db-master';
import type { SecretEntry, SecretStore } from '@freeflow/lib/secrets';
import type { Backend, Secrets } from '../backends/backend';
import { isInUse } from '../backends/connections';
import { moduleOf } from '../backends/registry';

/** What of a tenant's secrets a rotation replaces: that of the connection. All others have one version. */
export const rotatedName = ({ kind }: Pick<Backend, 'kind'>): string => moduleOf(kind).rotatedSecret;

/** The secrets by which a tenant logs in with one version of its credential, as far as they are stored. */
export async function findCredential(
  secrets: SecretStore,
  { tenantId, backend }: { tenantId: string; backend: Pick<Backend, 'kind' | 'secretNames'> },
  version: number,
): Promise<Secrets> {
  const owner = { tenantId, backend: backend.kind };
  const rotated = rotatedName(backend);
  const others = backend.secretNames.filter((it) => version === 1 || it !== rotated);
  const found = await Promise.all([
    secrets.findAll(owner, others),
    ...(version === 1 ? [] : [secrets.findAll(owner, [rotated], version)]),
  ]);
  return Object.fromEntries(found.flatMap((it) => [...it].map(([name, { value }]) => [name, value])));
}

/** Of all secrets of a tenant at one backend those that are in use: of what was rotated the version at hand. */
export const inUse = (
  entries: readonly SecretEntry[],
  backend: Pick<Backend, 'kind'>,
  version: number,
): SecretEntry[] => entries.filter((it) => it.backend === backend.kind && isInUse(it, version));

/** The versions beside the one that is handed out that may be there: those before, and one that is being made. */
export function otherVersions({ retiring, nextCredential }: Pick<TenantResource, 'retiring' | 'nextCredential'>) {
  return nextCredential === null ? retiring : [...retiring, nextCredential];
}

/** The versions that were valid until a moment ago and are to stay so: none once their time is over. */
export const stillValid = ({ retiring, overlapUntil }: TenantResource, now: Date): readonly number[] =>
  overlapUntil !== null && overlapUntil > now ? retiring : [];

/** The versions that are to be ended by now. */
export const overdue = (entry: TenantResource, now: Date): readonly number[] =>
  entry.retiring.filter((it) => !stillValid(entry, now).includes(it));
