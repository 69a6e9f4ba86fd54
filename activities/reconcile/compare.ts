import type { Plans } from '@freeflow/contract/plans';
import type { PrismaClient, Tenant, TenantResource } from '@freeflow/db-master';
import { type SecretStore, SecretError } from '@freeflow/lib/secrets';
import type { Backend, Credential, Drift, Secrets, Target } from '../../backends/backend';
import { BackendFault } from '../../backends/failures';
import { filesOfVersion } from '../blueprint/stored';
import { filesOfTenant } from '../blueprint/tenant-files';
import { findConnectionDrift } from '../connection-details';
import { inUse, otherVersions } from '../credentials';
import { targetOf } from '../ledger';
import { describeUnknown } from '../plans';
import { withRetries } from './with-retries';

/** What of its tenant an entry is compared by: its plan, to which the limits are, and its version of the blueprint. */
export const COMPARED_BY = { select: { name: true, plan: true, blueprintVersion: true } } as const;

/** A ledger entry with its tenant. */
export type ComparedEntry = TenantResource & { tenant: Pick<Tenant, keyof (typeof COMPARED_BY)['select']> };

/** All that a comparison has at hand. */
export interface Comparison {
  db: PrismaClient;
  backend: Backend;
  secrets: SecretStore;
  entry: TenantResource;
  tenant: ComparedEntry['tenant'];
  plans: Plans;
  signal: AbortSignal;
}

/**
 * How a resource that the ledger records as present or disabled differs from that; empty where it doesn't. Reads only.
 * @throws BackendFault when the server doesn't answer
 */
export async function compareEntry({
  db,
  backend,
  secrets,
  entry,
  tenant,
  plans,
  signal,
}: Comparison): Promise<Drift[]> {
  const { name, externalId, state } = entry;
  const plan = plans.get(tenant.plan ?? '');
  const target = targetOf(entry, tenant.name, signal, plan);
  const found = await withRetries(backend, signal, () => backend.inspect(target));
  if (found.state === 'absent') return [{ what: `there is no ${name}`, isMissing: true }];
  if (found.state === 'foreign') return [{ what: `another resource has its name: ${found.owner}`, isMissing: true }];
  if (found.partial !== undefined) return [{ what: `only a part of it exists: ${found.partial}`, isMissing: true }];
  // Which of the two is meant a person decides (adopt); until then nothing is done to either.
  if (found.externalId !== undefined && externalId !== null && found.externalId !== externalId)
    return [{ what: `its id is ${found.externalId}, the ledger records ${externalId}` }];
  const stored = await loadSecrets(secrets, backend, entry);
  if (typeof stored === 'string') return [{ what: stored }];
  const others = await loadOthers(secrets, backend, entry);
  const drift = await withRetries(backend, signal, () =>
    backend.findDrift(target, state === 'disabled' ? 'disabled' : 'present', stored, others),
  );
  const unknown = tenant.plan === null || plan !== undefined ? [] : [{ what: describeUnknown(plans, tenant.plan) }];
  return [
    ...drift,
    ...unknown,
    ...(await findConnectionDrift(db, backend, entry)),
    ...(state === 'present' ? await compareBlueprint({ db, backend, entry, tenant, signal }, target) : []),
  ];
}

/** How it differs from the version of the blueprint that it has; a person decides what is done about it. */
async function compareBlueprint(
  { db, backend, entry, tenant, signal }: Pick<Comparison, 'db' | 'backend' | 'entry' | 'tenant' | 'signal'>,
  target: Target,
): Promise<Drift[]> {
  const { tenantId, kind } = entry;
  const ofVersion = await filesOfVersion(db, tenant.blueprintVersion, kind);
  if (ofVersion.length === 0) return [];
  const files = await filesOfTenant(db, tenantId, kind, ofVersion);
  try {
    return await withRetries(backend, signal, () => backend.findBlueprintDrift(target, files));
  } catch (error) {
    if (error instanceof BackendFault && error.type === 'blueprint-refused') return [{ what: error.message }];
    throw error;
  }
}

/** The stored secrets, or why there are none, for people; unlike a step this never generates any. */
export async function loadSecrets(
  secrets: SecretStore,
  backend: Pick<Backend, 'kind' | 'secretNames'>,
  { tenantId, credential }: Pick<TenantResource, 'tenantId' | 'credential'>,
): Promise<Secrets | string> {
  const { kind } = backend;
  try {
    const entries = inUse(await secrets.list(tenantId), backend, credential);
    if (entries.length === 0) return 'its secret is not stored';
    return Object.fromEntries(
      await Promise.all(
        entries.map(
          async ({ name, ref }) => [name, await secrets.resolve(ref, { tenantId, backend: kind, name })] as const,
        ),
      ),
    );
  } catch (error) {
    if (error instanceof SecretError) return `its stored secret can't be opened (${error.code})`;
    throw error;
  }
}

/** The credentials that may be valid besides; one whose secret can't be opened is left out. */
export async function loadOthers(
  secrets: SecretStore,
  backend: Pick<Backend, 'kind' | 'secretNames'>,
  entry: Pick<TenantResource, 'tenantId' | 'retiring' | 'nextCredential'>,
): Promise<Credential[]> {
  const found = await Promise.all(
    otherVersions(entry).map(async (version) => ({
      version,
      secrets: await loadSecrets(secrets, backend, { tenantId: entry.tenantId, credential: version }),
    })),
  );
  return found.flatMap(({ version, secrets: of }) => (typeof of === 'string' ? [] : [{ version, secrets: of }]));
}
