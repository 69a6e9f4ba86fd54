import type { StackInfo } from '@freeflow/contract/stack-info';
import { clientIdOf } from '../../backends/keycloak/provisioner/names';
import { mongoNames } from '../../backends/mongodb/provisioner/names';
import { readStackInfo } from '../../stack/stack-info';
import { newName } from './activity-harness';
import { freeflow, type Ended } from './freeflow';
import { freeflowHere } from './freeflow-here';
import { TEST_STACK } from './master';
import { asKeycloakAdmin, withMongo, withPostgres } from './outside';

/** A provisioner that no one else uses, on the shared test servers. */
export interface ProvisionerBench {
  info: StackInfo;
  name: string;
  names: { mongodb: ReturnType<typeof mongoNames>; keycloak: string };
  /** A database like freeflow_master, to close. */
  masterDatabase: string;
  /** The owners' variables, by backend. */
  owners: Record<'postgres' | 'mongodb' | 'keycloak', Record<string, string>>;
  /** Runs `freeflow setup backends` for it, in this process. */
  setUp(env: Record<string, string>, ...args: string[]): Promise<Ended>;
  /** The same as a process: Node's own errors where nothing listens, and its own exit code. */
  setUpAsProcess(env: Record<string, string>, ...args: string[]): Promise<Ended>;
  /** Removes what was made under its name, whatever exists of it. */
  drop(): Promise<void>;
}

export async function openProvisionerBench(): Promise<ProvisionerBench> {
  const info = readStackInfo(TEST_STACK);
  const unique = newName('p');
  const [name, masterDatabase] = [`${unique}_provisioner`, `freeflow_master_${unique}`];
  const names = { mongodb: mongoNames(name), keycloak: clientIdOf(name) };
  const command = ['setup', 'backends', '--name', name, '--master-database', masterDatabase];
  await asPostgres(info, `CREATE DATABASE ${masterDatabase} TEMPLATE template0`);
  return {
    info,
    name,
    names,
    masterDatabase,
    owners: {
      postgres: { POSTGRES_OWNER_URL: info.postgres.url },
      mongodb: { MONGODB_OWNER_URL: info.mongodb.url },
      keycloak: {
        KEYCLOAK_URL: info.keycloak.url,
        KEYCLOAK_OWNER_CLIENT_ID: info.keycloak.clientId,
        KEYCLOAK_OWNER_CLIENT_SECRET: info.keycloak.clientSecret,
      },
    },
    setUp: (env, ...args) => freeflowHere([...command, ...args], env),
    setUpAsProcess: (env, ...args) => freeflow([...command, ...args], env),
    drop: async () => {
      await asPostgres(info, `DROP DATABASE IF EXISTS ${masterDatabase} WITH (FORCE)`);
      const { rows } = await asPostgres(info, `SELECT FROM pg_roles WHERE rolname = '${name}'`);
      if (rows.length > 0) await asPostgres(info, `DROP OWNED BY ${name}; DROP ROLE ${name}`);
      await asMongo(info, { dropUser: names.mongodb.user }).catch(() => undefined);
      await asMongo(info, { dropRole: names.mongodb.role }).catch(() => undefined);
      const client = await clientOf(info, names.keycloak);
      if (client !== undefined) await asKeycloakAdmin(info, 'DELETE', `/admin/realms/master/clients/${client.id}`);
    },
  };
}

export const asPostgres = (info: StackInfo, statement: string) =>
  withPostgres(info.postgres.url, (owner) => owner.query(statement));
export const asMongo = (info: StackInfo, command: Record<string, unknown>) =>
  withMongo(info.mongodb.url, (owner) => owner.db('admin').command(command));

/** A client of the realm master, and its service account's path. */
export async function clientOf(info: StackInfo, clientId: string): Promise<{ id: string; roles: string } | undefined> {
  const { body } = await asKeycloakAdmin(info, 'GET', `/admin/realms/master/clients?clientId=${clientId}`);
  const [client] = body as { id: string }[];
  if (client === undefined) return undefined;
  const account = await asKeycloakAdmin(info, 'GET', `/admin/realms/master/clients/${client.id}/service-account-user`);
  return { id: client.id, roles: `/admin/realms/master/users/${(account.body as { id: string }).id}/role-mappings` };
}
