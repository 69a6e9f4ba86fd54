import { BACKEND_KINDS } from '@freeflow/contract';
import { vaultVariablesOf } from '@freeflow/contract/stack-info';
import {
  assertMigrated,
  createMasterClient,
  inOneSnapshot,
  readerHere,
  recordAudit,
  recordTenantEvent,
  type PrismaClient,
} from '@freeflow/db-master';
import { VARIABLES } from '@freeflow/lib/config';
import { createSecretStore, type SecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import { z } from 'zod';
import {
  connectedBackends,
  type ConnectedTenant,
  type Connections,
  describeConnection,
  lackingText,
  resolveSecretsInUse,
  type SecretValues,
} from '../../backends/connections';
import { moduleOf } from '../../backends/registry';
import { EXIT, Failure } from '../failure';
import { toFailure } from '../master-failures';
import { readOptions, readSettings } from '../settings';
import { sayAside } from '../show/printable';
import { isTenantId } from '../tenant-id';
import { followHere, openVaultHere } from '../vault';

const { MASTER_DATABASE_URL, SECRETS_KEY, SECRETS_OLD_KEYS } = VARIABLES;
const forms = BACKEND_KINDS.map((kind) => moduleOf(kind).connect);
/** What the command reads of another installation: all of these, or none. */
export const connectSettings = z.object({
  MASTER_DATABASE_URL,
  SECRETS_KEY,
  ...(Object.assign({}, ...forms.map(({ settings }) => settings)) as z.ZodRawShape),
});
/** What it reads beyond, each by itself. */
export const connectOptions = z.object({
  SECRETS_OLD_KEYS,
  ...(Object.assign({}, ...forms.map(({ options }) => options)) as z.ZodRawShape),
});

/**
 * Reads how a tenant's application connects, secrets resolved, and records who did in the tenant's log.
 * @param tenant name or id
 * @param warn is called with what had to be left out
 * @throws Failure when there is no such tenant, or the master database can't be read
 */
export async function connect(
  tenant: string,
  backend: string | undefined,
  given: NodeJS.ProcessEnv,
  warn: (text: string) => void = (text) => {
    sayAside(text);
  },
): Promise<Connections> {
  const env = await followHere(connectSettings.extend(connectOptions.shape), given);
  let ofStack: Record<string, string> = {};
  const settings = readSettings(connectSettings, env, (stack) => {
    ofStack = vaultVariablesOf(stack, 'reader');
    return {
      ...Object.assign({}, ...BACKEND_KINDS.map((kind) => moduleOf(kind).stackVariables(stack))),
      MASTER_DATABASE_URL: stack.masterDatabase.workerUrl,
      SECRETS_KEY: stack.secretsKey,
    };
  });
  const options = readOptions(connectOptions, env);
  const vault = openVaultHere({ ...env, ...ofStack });
  try {
    const keys = readSecretKeys(settings.SECRETS_KEY, options.SECRETS_OLD_KEYS);
    return await read({ tenant, backend, values: { ...settings, ...options }, warn }, settings, (db) =>
      createSecretStore(db, keys, { vault }),
    );
  } catch (error) {
    throw toFailure(error);
  } finally {
    await vault?.close();
  }
}

interface Query {
  tenant: string;
  backend: string | undefined;
  /** Of the variables that the backends' forms take. */
  values: Readonly<Record<string, unknown>>;
  warn: (text: string) => void;
}

/**
 * The connections to all backends, or to the requested one. Where all are requested, a server that does not answer is
 * left out with a warning; requested alone, it is a failure.
 */
async function describeAll(
  tenant: ConnectedTenant,
  secrets: SecretValues,
  { tenant: name, backend, values, warn }: Query,
): Promise<Connections> {
  const all = connectedBackends(tenant, secrets);
  const wanted = backend === undefined ? all : all.filter((kind) => kind === backend);
  if (backend !== undefined && wanted.length === 0)
    throw new Failure(EXIT.refused, `${name} has no connection to ${backend}.`, `It has: ${all.join(', ') || 'none'}.`);
  const described = await Promise.all(
    wanted.map(async (kind) => {
      const { fields, lacking } = await describeConnection(kind, tenant, secrets, values);
      if (lacking !== undefined && backend !== undefined)
        throw new Failure(lacking.isUnreachable ? EXIT.unreachable : EXIT.refused, lacking.message, lacking.advice);
      if (lacking !== undefined) warn(lackingText(lacking));
      return [kind, fields] as const;
    }),
  );
  return Object.fromEntries(described);
}

async function read(
  query: Query,
  settings: Record<'MASTER_DATABASE_URL', string>,
  storeOn: (db: PrismaClient) => SecretStore,
): Promise<Connections> {
  // Prisma reports less of what is wrong with a server, a login or a database than this does.
  await assertMigrated(settings.MASTER_DATABASE_URL);
  const db = createMasterClient(settings.MASTER_DATABASE_URL, {
    maxConnections: 2,
    applicationName: 'freeflow-connect',
  });
  try {
    const found = await find(db, query.tenant);
    const secrets = await resolveSecretsInUse(storeOn(db), found);
    const connections = await describeAll(found, secrets, query);
    await recordReading(db, found, Object.keys(connections));
    return connections;
  } finally {
    await db.$disconnect();
  }
}

/** Before anybody sees them: what can't be written down isn't shown. In the tenant's log, and in the audit trail. */
async function recordReading(db: PrismaClient, { id, name }: ConnectedTenant, backends: string[]): Promise<void> {
  const reader = readerHere();
  await db.$transaction(async (tx) => {
    await recordTenantEvent(tx, id, 'connect', `connection strings of ${backends.join(', ')} read by ${reader}`);
    await recordAudit(tx, [
      {
        channel: 'command',
        action: 'secrets.connect',
        outcome: 'done',
        actor: reader,
        tenantId: id,
        tenantName: name,
        detail: { backends },
      },
    ]);
  });
}

const WAYS_BACK: Partial<Record<ConnectedTenant['status'], (name: string) => string>> = {
  suspended: (name) => `Give its access back with: tenants resume ${name}`,
  deleted: (name) => `It is kept until its purge; take it back with: tenants restore ${name}`,
};

async function find(db: PrismaClient, tenant: string): Promise<ConnectedTenant> {
  const where = isTenantId(tenant) ? { id: tenant } : { name: tenant, goneAt: null };
  // During a rotation the user of before would else be shown with the password of after it.
  const found = await inOneSnapshot(db, (tx) =>
    tx.tenant.findFirst({
      where,
      include: { connections: { orderBy: { service: 'asc' } }, resources: true },
    }),
  );
  if (found === null)
    throw new Failure(EXIT.refused, `There is no tenant ${tenant}.`, 'List the tenants with: tenants list');
  if (found.status !== 'active') {
    const advice =
      (found.goneAt === null ? WAYS_BACK[found.status]?.(found.name) : undefined) ??
      `See why with: tenants show ${found.id}`;
    throw new Failure(
      EXIT.refused,
      `${found.name} is ${found.status}, not active: there is nothing to connect to.`,
      advice,
    );
  }
  return found;
}
