import { type BackendKind } from '@freeflow/contract';
import { type PrismaClient, type SecretStore, type TenantResource } from '@freeflow/db-master';
import { SecretError } from '@freeflow/lib/secrets';
import type { Backend, Drift, Secrets } from '../../backends/backend';
import { connectionDifferences } from '../connection-details';
import { targetOf } from '../ledger';
import { withRetries } from './with-retries';

/** What a comparison needs to know. */
export interface Comparison {
  db: PrismaClient;
  backend: Backend;
  secrets: SecretStore;
  entry: TenantResource;
  tenantName: string;
  signal: AbortSignal;
}

/**
 * How a thing that the ledger calls present or disabled differs from that; nothing where it is so. Asks only.
 * @throws BackendFault when the server doesn't say
 */
export async function compare({ db, backend, secrets, entry, tenantName, signal }: Comparison): Promise<Drift[]> {
  const { kind, name, externalId, state } = entry;
  const target = targetOf(entry, tenantName, signal);
  const found = await withRetries(backend, signal, () => backend.inspect(target));
  if (found.state === 'absent') return [{ what: `there is no ${name}`, isMissing: true }];
  if (found.state === 'foreign') return [{ what: `something else stands there: ${found.owner}`, isMissing: true }];
  if (found.partial !== undefined) return [{ what: `only a part of it is there: ${found.partial}`, isMissing: true }];
  // Which of the two is meant a person decides (adopt); until then nothing is done to either.
  if (found.externalId !== undefined && externalId !== null && found.externalId !== externalId)
    return [{ what: `its id is ${found.externalId}, recorded is ${externalId}` }];
  const stored = await storedSecrets(secrets, entry.tenantId, kind);
  if (typeof stored === 'string') return [{ what: stored }];
  const differences = await withRetries(backend, signal, () =>
    backend.findDrift(target, state === 'disabled' ? 'disabled' : 'present', stored),
  );
  return [...differences, ...(await connectionDifferences(db, backend, entry))];
}

/** The secrets as they are stored, or in words why there are none; unlike a step this never makes any. */
export async function storedSecrets(
  secrets: SecretStore,
  tenantId: string,
  kind: BackendKind,
): Promise<Secrets | string> {
  try {
    const entries = (await secrets.list(tenantId)).filter(({ backend }) => backend === kind);
    if (entries.length === 0) return 'no secret of it is stored';
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
