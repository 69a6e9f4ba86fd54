import { type BackendKind } from '@freeflow/contract';
import { type PrismaClient, type TenantResource } from '@freeflow/db-master';
import { type SecretStore, SecretError } from '@freeflow/lib/secrets';
import type { Backend, Drift, Secrets } from '../../backends/backend';
import { findConnectionDrift } from '../connection-details';
import { targetOf } from '../ledger';
import { withRetries } from './with-retries';

/** All that a comparison has at hand. */
export interface Comparison {
  db: PrismaClient;
  backend: Backend;
  secrets: SecretStore;
  entry: TenantResource;
  tenantName: string;
  signal: AbortSignal;
}

/**
 * How a resource that the ledger records as present or disabled differs from that; empty where it doesn't. Reads only.
 * @throws BackendFault when the server doesn't answer
 */
export async function compareEntry({ db, backend, secrets, entry, tenantName, signal }: Comparison): Promise<Drift[]> {
  const { kind, name, externalId, state } = entry;
  const target = targetOf(entry, tenantName, signal);
  const found = await withRetries(backend, signal, () => backend.inspect(target));
  if (found.state === 'absent') return [{ what: `there is no ${name}`, isMissing: true }];
  if (found.state === 'foreign') return [{ what: `another resource has its name: ${found.owner}`, isMissing: true }];
  if (found.partial !== undefined) return [{ what: `only a part of it exists: ${found.partial}`, isMissing: true }];
  // Which of the two is meant a person decides (adopt); until then nothing is done to either.
  if (found.externalId !== undefined && externalId !== null && found.externalId !== externalId)
    return [{ what: `its id is ${found.externalId}, the ledger records ${externalId}` }];
  const stored = await loadSecrets(secrets, entry.tenantId, kind);
  if (typeof stored === 'string') return [{ what: stored }];
  const drift = await withRetries(backend, signal, () =>
    backend.findDrift(target, state === 'disabled' ? 'disabled' : 'present', stored),
  );
  return [...drift, ...(await findConnectionDrift(db, backend, entry))];
}

/** The stored secrets, or why there are none, for people; unlike a step this never generates any. */
export async function loadSecrets(
  secrets: SecretStore,
  tenantId: string,
  kind: BackendKind,
): Promise<Secrets | string> {
  try {
    const entries = (await secrets.list(tenantId)).filter(({ backend }) => backend === kind);
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
