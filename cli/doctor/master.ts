import {
  accessDifferences,
  assertMigrated,
  createMasterClient,
  SEALED_IN_USE,
  migrationState,
  type PrismaClient,
} from '@freeflow/db-master';
import { databaseOf, PgError, describeServer } from '@freeflow/lib/pg';
import { createSecretStore, readSecretKeys, VaultMark, type SecretKeys, type SecretStore } from '@freeflow/lib/secrets';
import type { VaultKv } from '@freeflow/lib/vault';
import { openWebhookSecrets, type SealedRow } from '@freeflow/lib/webhooks';
import type { Client } from 'pg';
import { fail, faults, type Finding, type Group, ok, notChecked, warn } from '../../backends/doctor/check';
import { hasCode, SQLSTATE } from '../../backends/postgres/provisioner/client';
import { checkPostgres, serverChecks } from '../../backends/postgres/server-checks';
import { openVaultHere } from '../vault';
import { checkPools } from './pools';
import type { ProductSetting, ProductValues } from './settings';

const MIGRATE = 'Run db:migrate as the owner of the database.';

/** The database of API and worker, by the worker's login. */
export const MASTER: Group<ProductSetting> = {
  title: 'Master database',
  checks: [
    {
      name: 'master.connection',
      needs: ['MASTER_DATABASE_URL'],
      after: [],
      run: ({ MASTER_DATABASE_URL: url }) => checkConnection(url),
    },
    { name: 'master.migrations', needs: ['MASTER_DATABASE_URL'], after: ['master.connection'], run: checkMigrations },
    {
      name: 'master.rights',
      needs: ['MASTER_DATABASE_URL'],
      after: ['master.connection'],
      run: async ({ MASTER_DATABASE_URL: url }) =>
        faults(await accessDifferences(url), MIGRATE, 'both roles have their rights, and no other role has any'),
    },
    {
      name: 'master.secrets',
      needs: ['MASTER_DATABASE_URL', 'SECRETS_KEY'],
      after: ['master.connection'],
      run: checkSecrets,
    },
    {
      name: 'master.vault',
      // Of who has these it is known whether there is one.
      needs: ['MASTER_DATABASE_URL', 'SECRETS_KEY'],
      after: ['master.connection'],
      run: checkVault,
    },
    { name: 'master.pools', needs: ['MASTER_DATABASE_URL'], after: ['master.connection'], run: checkPools },
    ...serverChecks('master', 'MASTER_DATABASE_URL'),
  ],
};

const checkConnection = (url: string): Promise<Finding> =>
  checkPostgres(url, logIn(url)).catch((error: unknown) => {
    if (!hasCode(error, SQLSTATE.missingDatabase)) throw error;
    return fail(
      `there is no database ${databaseOf(url)} at ${describeServer(url)}`,
      `Check MASTER_DATABASE_URL. ${MIGRATE}`,
    );
  });

const logIn =
  (url: string) =>
  async (client: Client): Promise<Finding> => {
    const {
      rows: [me],
    } = await client.query<{ role: string; isSuperuser: boolean }>(
      `SELECT current_user AS role, rolsuper AS "isSuperuser" FROM pg_roles WHERE rolname = current_user`,
    );
    const seen = `role ${me?.role} in ${databaseOf(url)} at ${describeServer(url)}`;
    return me?.isSuperuser === true
      ? warn(`${seen}, a superuser`, 'Give the worker the login of the role freeflow_worker.')
      : ok(seen);
  };

async function checkMigrations({
  MASTER_DATABASE_URL: url,
  MASTER_OWNER_URL: ownerUrl,
}: ProductValues): Promise<Finding> {
  try {
    const { applied, missing, failed, altered, unknown } = await migrationState(ownerUrl || url);
    const wrong = [
      ...suffixEach(missing, 'is missing'),
      ...suffixEach(failed, 'has failed'),
      ...suffixEach(altered, 'was applied with another script'),
      ...suffixEach(unknown, 'is not of this version of FreeFlow'),
    ];
    return faults(
      wrong,
      unknown.length > 0 ? 'Use the version of FreeFlow that has migrated it.' : MIGRATE,
      `all ${applied.length} applied`,
    );
  } catch (error) {
    if (ownerUrl !== '' || !(error instanceof PgError) || error.code !== 'access-denied') throw error;
    await assertMigrated(url);
    return notChecked('the tables are there, but their owner alone may see the migrations; set MASTER_OWNER_URL');
  }
}

const suffixEach = (names: readonly string[], what: string): string[] => names.map((name) => `${name} ${what}`);

/** Whether the worker is let in, and may do what it has to. */
async function checkVault(values: ProductValues): Promise<Finding> {
  const vault = openVaultHere(values);
  if (vault === undefined) return ok("none: tenants' secrets are sealed in the master database");
  try {
    const missing = await vault.missingRights();
    if (missing.length > 0) return faults(missing, "Give this login the worker's policy: docs/secrets.md", '');
    return await seenOfVault(vault, values);
  } finally {
    await vault.close();
  }
}

/** Whether it is the one that our secrets are in. */
async function seenOfVault(vault: VaultKv, { MASTER_DATABASE_URL: url }: ProductValues): Promise<Finding> {
  await assertMigrated(url);
  const db = createMasterClient(url, { maxConnections: 1, applicationName: 'freeflow-doctor' });
  try {
    const state = await new VaultMark(vault).look(db);
    if (state !== 'other') return ok('the login may do what it has to');
    return fail(
      `none of our secrets is at ${vault.mount}/${vault.path}, nor our mark: it is another vault, or was emptied`,
      'Check VAULT_ADDR, VAULT_NAMESPACE, VAULT_MOUNT and VAULT_PATH; where it lost its data, docs/secrets.md.',
    );
  } finally {
    await db.$disconnect();
  }
}

/** One stored secret of each key that has sealed any, one that is in a vault, and those of all webhooks. */
async function checkSecrets(values: ProductValues, env: NodeJS.ProcessEnv): Promise<Finding> {
  const { MASTER_DATABASE_URL: url, SECRETS_KEY: key } = values;
  const keys = readSecretKeys(key, env['SECRETS_OLD_KEYS']);
  await assertMigrated(url);
  const db = createMasterClient(url, { maxConnections: 1, applicationName: 'freeflow-doctor' });
  const vault = openVaultHere(values);
  try {
    const opened = (await openOfTenants(db, createSecretStore(db, keys, { vault }))) + (await openOfWebhooks(db, keys));
    return ok(opened === 0 ? 'a key, and no secret stored yet' : 'a stored secret opens');
  } finally {
    await Promise.all([db.$disconnect(), vault?.close()]);
  }
}

async function openOfTenants(db: PrismaClient, store: SecretStore): Promise<number> {
  const samples = await db.tenantSecret.findMany({
    distinct: ['keyId'],
    select: { tenantId: true, backend: true, name: true },
  });
  for (const { tenantId, backend, name } of samples) {
    const [entry] = (await store.list(tenantId)).filter((it) => it.backend === backend && it.name === name);
    if (entry !== undefined) await store.resolve(entry.ref, { tenantId, backend, name });
  }
  return samples.length;
}

/** All that are not being removed: there are few. */
async function openOfWebhooks(db: PrismaClient, keys: SecretKeys): Promise<number> {
  const webhooks = await db.webhook.findMany({ where: { deletedAt: null }, select: { id: true } });
  for (const { id } of webhooks) {
    const rows = await db.$queryRaw<SealedRow[]>`
      SELECT s.* FROM "Webhook" w, LATERAL ${SEALED_IN_USE} s WHERE w.id = ${id}::uuid`;
    openWebhookSecrets(keys, id, rows);
  }
  return webhooks.length;
}
