import { type BackendKind } from '@freeflow/contract';
import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import { targetOf } from '../../activities/ledger';
import type { Backend, Secrets } from '../../backends/backend';
import type { ActivityHarness } from '../support/activity-harness';

type Tenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;

/** What the log says of a step's last attempt: a server may have failed one before it. */
export async function lastMessageOf({ db }: ActivityHarness, { tenantId }: Tenant, step: string): Promise<string> {
  const row = await db.tenantProvisionLog.findFirst({ where: { tenantId, step }, orderBy: { seq: 'desc' } });
  return row?.message ?? '';
}

/** A tenant's own secrets at a backend. */
export async function secretsOf(
  { db, info }: ActivityHarness,
  { tenantId }: Tenant,
  backend: BackendKind,
): Promise<Secrets> {
  const store = createSecretStore(db, readSecretKeys(info.secretsKey));
  const own = (await store.list(tenantId)).filter((it) => it.backend === backend);
  return Object.fromEntries(
    await Promise.all(
      own.map(async (it) => [it.name, await store.resolve(it.ref, { tenantId, backend, name: it.name })] as const),
    ),
  );
}

export function backendOf({ backends }: ActivityHarness, kind: BackendKind): Backend {
  const found = backends.find((it) => it.kind === kind);
  if (found === undefined) throw new Error(`no backend ${kind}`);
  return found;
}

/** What a backend is told about a tenant. */
export async function target({ db }: ActivityHarness, { tenantId, name }: Tenant, kind: BackendKind) {
  const entry = await db.tenantResource.findUniqueOrThrow({ where: { tenantId_kind: { tenantId, kind } } });
  return targetOf(entry, name, new AbortController().signal);
}

/** The ledger's entry of a tenant. */
export const entryOf = ({ db }: ActivityHarness, { tenantId }: Tenant, kind: BackendKind) =>
  db.tenantResource.findUniqueOrThrow({ where: { tenantId_kind: { tenantId, kind } } });
