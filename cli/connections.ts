import { BACKEND_KINDS, BACKENDS, type BackendKind } from '@freeflow/contract';
import type { Tenant, TenantConnection, TenantResource } from '@freeflow/db-master';
import { quoteShell } from '@freeflow/lib/shell';
import type { ConnectTarget } from '../backends/connect';
import { moduleOf } from '../backends/registry';
import { EXIT, Failure } from './failure';

/** What a tenant's application connects by, one entry per backend. Holds secrets: print it only on request. */
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
type Values = Readonly<Record<string, unknown>>;

/** The backends to which a tenant has a connection: one that is recorded, or a credential where none is. */
export const connectedBackends = ({ connections }: ConnectedTenant, secrets: SecretValues): BackendKind[] =>
  BACKEND_KINDS.filter((kind) =>
    BACKENDS[kind].credentialAt === 'connection' ? connections.some((it) => it.service === kind) : secrets.has(kind),
  );

/**
 * Writes down how a tenant's application connects to one backend. What isn't known is left out: an empty password would
 * be taken for one.
 * @param warn is called with what the server did not give; without it that is a failure
 * @throws Failure
 */
export async function describeConnection(
  kind: BackendKind,
  tenant: ConnectedTenant,
  secrets: SecretValues,
  values: Values,
  warn?: (text: string) => void,
): Promise<Connections[string]> {
  const state = tenant.resources.find((it) => it.kind === kind);
  const target: ConnectTarget = {
    resource: tenant[BACKENDS[kind].nameColumn],
    row: tenant.connections.find((it) => it.service === kind),
    secrets: secrets.get(kind) ?? new Map(),
    credential: state?.credential ?? 1,
  };
  const { fields, lacking } = await moduleOf(kind).connect.describe(target, values, values);
  if (lacking !== undefined) {
    const { what, message, advice, isUnreachable } = lacking;
    if (warn === undefined) throw new Failure(isUnreachable ? EXIT.unreachable : EXIT.refused, message, advice);
    warn(`${message} The ${what} is left out. ${advice}`);
  }
  const known = Object.entries({ ...fields, previousUntil: previousUntil(state) });
  return Object.fromEntries(
    known.flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, value]])),
  );
}

/** Until when what was handed out before goes on working; nothing where none does. */
const previousUntil = (state: CredentialState | undefined): string | undefined =>
  state === undefined || state.retiring.length === 0 ? undefined : state.overlapUntil?.toISOString();

/** How to try each connection by hand: commands to paste, by backend. */
export const tryOut = (connections: Connections): Record<string, string> =>
  Object.fromEntries(
    BACKEND_KINDS.flatMap((kind) => {
      const fields = connections[kind];
      return fields === undefined ? [] : [[kind, moduleOf(kind).connect.tryOut(fields).map(quoteIfNeeded).join(' ')]];
    }),
  );

/** What is nothing but a word, an option or a pair of words stays readable without quotes. */
const quoteIfNeeded = (text: string | number): string =>
  /^-{0,2}\w+(=\w+)?$/.test(String(text)) ? String(text) : quoteShell(text);
