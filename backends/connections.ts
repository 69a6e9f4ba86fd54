import { BACKEND_KINDS, BACKENDS, type BackendKind } from '@freeflow/contract';
import type { Tenant, TenantConnection, TenantResource } from '@freeflow/db-master';
import type { SecretEntry, SecretStore } from '@freeflow/lib/secrets';
import type { ConnectResult, ConnectTarget } from './connect';
import { moduleOf } from './registry';

/** What a tenant's application connects by, one entry per backend. Holds secrets: show it only on request. */
export type Connections = Record<string, Record<string, string | number>>;

/** A tenant as the master database has it. */
export type ConnectedTenant = Tenant & {
  readonly connections: readonly TenantConnection[];
  readonly resources: readonly CredentialState[];
};

/** Which version of its credential a tenant has at a backend, and until when those before work as well. */
type CredentialState = Pick<TenantResource, 'kind' | 'credential' | 'retiring' | 'overlapUntil'>;

/** The values of a tenant's secrets by backend and name. A tenant that is registered only has none. */
export type SecretValues = ReadonlyMap<BackendKind, ReadonlyMap<string, string>>;

/** The values of variables, for the forms that take some. */
export type ConnectValues = Readonly<Record<string, unknown>>;

/** Resolves the secrets that are in use: of what was rotated the last one. Throws as the store's `resolve`. */
export async function resolveSecretsInUse(
  store: Pick<SecretStore, 'list' | 'resolve'>,
  { id: tenantId, resources }: Pick<ConnectedTenant, 'id' | 'resources'>,
  only?: BackendKind,
): Promise<SecretValues> {
  const values = new Map<BackendKind, Map<string, string>>();
  const stored = await store.list(tenantId);
  await Promise.all(
    stored
      .filter((it) => isInUse(it, stateOf(resources, it.backend)?.credential ?? 1))
      .filter((it) => only === undefined || it.backend === only)
      .map(async ({ backend, name, ref }) => {
        const value = await store.resolve(ref, { tenantId, backend, name });
        values.set(backend, (values.get(backend) ?? new Map<string, string>()).set(name, value));
      }),
  );
  return values;
}

/** Whether a secret is in use: of what was rotated the version at hand; all others have one version. */
export const isInUse = ({ backend, name, version }: SecretEntry, credential: number): boolean =>
  version === (name === moduleOf(backend).rotatedSecret ? credential : 1);

const stateOf = (resources: ConnectedTenant['resources'], backend: BackendKind): CredentialState | undefined =>
  resources.find(({ kind }) => kind === backend);

/** The backends to which a tenant has a connection: one that is recorded, or a credential where none is. */
export const connectedBackends = ({ connections }: ConnectedTenant, secrets: SecretValues): BackendKind[] =>
  BACKEND_KINDS.filter((kind) =>
    BACKENDS[kind].credentialAt === 'connection' ? connections.some((it) => it.service === kind) : secrets.has(kind),
  );

/**
 * Writes down how a tenant's application connects to one backend, and what of it the server did not give. What isn't
 * known is left out: an empty password would be taken for one.
 */
export async function describeConnection(
  kind: BackendKind,
  tenant: ConnectedTenant,
  secrets: SecretValues,
  values: ConnectValues,
): Promise<{ fields: Connections[string]; lacking: ConnectResult['lacking'] }> {
  const state = stateOf(tenant.resources, kind);
  const target: ConnectTarget = {
    resource: tenant[BACKENDS[kind].nameColumn],
    row: tenant.connections.find((it) => it.service === kind),
    secrets: secrets.get(kind) ?? new Map(),
    credential: state?.credential ?? 1,
  };
  const { fields, lacking } = await moduleOf(kind).connect.describe(target, values, values);
  const known = Object.entries({ ...fields, previousUntil: previousUntil(state) });
  return {
    lacking,
    fields: Object.fromEntries(
      known.flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, value]])),
    ),
  };
}

/** What was left out of a connection, for people. */
export const lackingText = ({ what, message, advice }: NonNullable<ConnectResult['lacking']>): string =>
  `${message} The ${what} is left out. ${advice}`;

/** Until when what was handed out before goes on working; nothing where none does. */
const previousUntil = (state: CredentialState | undefined): string | undefined =>
  state === undefined || state.retiring.length === 0 ? undefined : state.overlapUntil?.toISOString();
