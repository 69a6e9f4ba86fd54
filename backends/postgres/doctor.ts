import { secret } from '@freeflow/lib/config';
import { databaseOf, describeServer, usesReservedConnections } from '@freeflow/lib/pg';
import type { Client } from 'pg';
import { fail, faults, type Finding, type Group, ok, warn } from '../doctor/check';
import { closedDatabases, openDatabases } from './provisioner/databases';
import { reservedConnections, RESERVED_AT_LEAST } from './provisioner/reserve';
import { roleFaults, SELF_GRANT } from './provisioner/role-faults';
import { maySetTempFiles } from './provisioner/temp-files';
import { HOME } from './provisioner/url';
import { postgresLogin } from './variables';

/** What the checks are made by. */
export const SETTINGS = {
  POSTGRES_ADMIN_URL: secret(postgresLogin(), "the tenants' PostgreSQL server, by the worker's login"),
};
type Name = keyof typeof SETTINGS | 'MASTER_DATABASE_URL';
import { checkPostgres, serverChecks } from './server-checks';

const SET_UP = 'Set POSTGRES_OWNER_URL and repeat: freeflow setup backends';

/** The server of the tenants' databases, by the worker's login. */
export const CHECKS: Group<Name> = {
  title: 'PostgreSQL',
  checks: [
    {
      name: 'postgres.connection',
      needs: ['POSTGRES_ADMIN_URL'],
      after: [],
      run: ({ POSTGRES_ADMIN_URL: url }) =>
        checkPostgres(url, async (client) => ok(`role ${await roleOf(client)} at ${describeServer(url)}`)),
    },
    {
      name: 'postgres.provisioner',
      needs: ['POSTGRES_ADMIN_URL'],
      after: ['postgres.connection'],
      run: ({ POSTGRES_ADMIN_URL: url }) => checkPostgres(url, checkProvisioner),
    },
    {
      name: 'postgres.closed',
      needs: ['POSTGRES_ADMIN_URL'],
      after: ['postgres.connection'],
      run: ({ POSTGRES_ADMIN_URL: url, MASTER_DATABASE_URL: master }) =>
        checkPostgres(url, (client) => checkClosed(client, master)),
    },
    {
      name: 'postgres.reserve',
      needs: ['POSTGRES_ADMIN_URL'],
      after: ['postgres.connection'],
      run: ({ POSTGRES_ADMIN_URL: url }) => checkPostgres(url, checkReserve),
    },
    ...serverChecks('postgres', 'POSTGRES_ADMIN_URL'),
  ],
};

const roleOf = async (client: Client): Promise<string> =>
  String((await client.query<{ role: string }>('SELECT current_user AS role')).rows[0]?.role);

async function checkProvisioner(client: Client): Promise<Finding> {
  const role = await roleOf(client);
  const { attributes, lacksSelfGrant, memberships } = await roleFaults(client, role);
  const wrong = [
    ...(attributes.length > 0 ? [`role ${role} should be ${attributes.join(', ')}`] : []),
    ...(lacksSelfGrant ? [`${SELF_GRANT.setting} is not '${SELF_GRANT.value}'`] : []),
    ...[...new Set(memberships.map(({ of }) => of))].map((of) => `it is a member of ${of}`),
  ];
  if (wrong.length === 0 && !(await maySetTempFiles(client, role)))
    return warn('the provisioner may not limit temporary files: a plan with tempFiles fails', SET_UP);
  return faults(wrong, SET_UP, 'creates databases and roles, is no superuser');
}

async function checkClosed(client: Client, master: string): Promise<Finding> {
  const databases = closedDatabases(master === '' ? HOME : databaseOf(master));
  const open = await openDatabases(client, databases);
  return open.length === 0
    ? ok(`no tenant's role may connect to ${[...new Set(databases)].join(', ')}`)
    : fail(`every tenant's role may connect to ${open.join(', ')}`, SET_UP);
}

async function checkReserve(client: Client): Promise<Finding> {
  const reserved = await reservedConnections(client);
  if (!(await usesReservedConnections(client, await roleOf(client))))
    return warn('the provisioner may not use reserved connections: tenants can take its last one', SET_UP);
  if (reserved > 0) return ok(`${reserved} connections are kept from tenants`);
  return warn(
    'the server reserves no connections: tenants together can take all of them',
    `Set reserved_connections = ${RESERVED_AT_LEAST} or more in postgresql.conf, and restart the server.`,
  );
}
