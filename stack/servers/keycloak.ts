import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from '../../backends/keycloak/provisioner/admin';
import { clientIdOf } from '../../backends/keycloak/provisioner/names';
import { setUpKeycloak } from '../../backends/keycloak/provisioner/set-up';
import { PROVISIONER } from '../../backends/provisioner/names';
import { messageOf } from '../files';
import { setUpProvisioner } from '../setup/fallback';
import { setUpSystemRealm } from '../setup/keycloak-system';
import { javaCommand, keycloakHome } from './keycloak-home';
import { ServerUnavailableError, dataFolder, type Server, type ServerContext } from './server';

const ADMIN = 'freeflow-admin';
const TIMEOUT_MS = 5_000;

const ownUrl = ({ settings }: ServerContext): string => `http://127.0.0.1:${settings.ports.keycloak}`;

/** Where it is and who may administer it. */
function accessOf(context: ServerContext): Account {
  const { KEYCLOAK_URL: url, KEYCLOAK_CLIENT_ID: clientId, KEYCLOAK_CLIENT_SECRET: clientSecret } = context.external;
  if (url !== undefined && clientId !== undefined && clientSecret !== undefined)
    return { url: url.replace(/\/+$/, ''), clientId, clientSecret };
  return { url: ownUrl(context), clientId: ADMIN, clientSecret: context.settings.credentials.keycloakAdmin };
}

export const keycloak: Server = {
  name: 'keycloak',
  title: 'Keycloak',
  ports: ['keycloak', 'keycloakManagement'],
  stopSignal: 'SIGTERM',
  variables: 'KEYCLOAK_URL, KEYCLOAK_CLIENT_ID and KEYCLOAK_CLIENT_SECRET',
  isExternal: ({ KEYCLOAK_URL }) => KEYCLOAK_URL !== undefined,

  async fetch(context) {
    try {
      return await keycloakHome(context);
    } catch (error) {
      throw new ServerUnavailableError(keycloak, messageOf(error), { cause: error });
    }
  },

  async launch(context, { path: home }) {
    const data = dataFolder(context.dir, 'keycloak');
    const { ports, credentials } = context.settings;
    return {
      command: javaCommand(context.env),
      args: [
        ...jvmOptions(home, data),
        'start',
        '--optimized',
        '--http-enabled=true',
        '--http-host=127.0.0.1',
        `--http-port=${ports.keycloak}`,
        '--http-management-host=127.0.0.1',
        `--http-management-port=${ports.keycloakManagement}`,
        `--hostname=${ownUrl(context)}`,
        '--hostname-strict=false',
        '--cache=local',
        // The trace file would grow by every expected failure of the database.
        `--db-url=jdbc:h2:file:${join(data, 'keycloak')};NON_KEYWORDS=VALUE;TRACE_LEVEL_FILE=0`,
        '--log-level=INFO,io.smallrye.health:ERROR',
      ],
      env: {
        ...context.env,
        KC_BOOTSTRAP_ADMIN_CLIENT_ID: ADMIN,
        KC_BOOTSTRAP_ADMIN_CLIENT_SECRET: credentials.keycloakAdmin,
      },
      cwd: data,
    };
  },

  async check(context) {
    const isExternal = keycloak.isExternal(context.external);
    const url = isExternal
      ? `${accessOf(context).url}/realms/master`
      : `http://127.0.0.1:${context.settings.ports.keycloakManagement}/health/ready`;
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`Keycloak answers ${response.status} to ${url}`);
  },

  async setUp(context) {
    const access = accessOf(context);
    const {
      note,
      settings: { credentials },
    } = context;
    const auth = await setUpSystemRealm(access, {
      clientSecret: credentials.systemClient,
      password: credentials.systemPerson,
      isOurs: !keycloak.isExternal(context.external),
    });
    const name = clientIdOf(PROVISIONER);
    // Keycloak reveals the secret of one that exists: it is kept even here, since another stack may use it too.
    const secret = await setUpProvisioner(
      {
        isOurs: !keycloak.isExternal(context.external),
        password: credentials.keycloakProvisioner,
        variable: 'KEYCLOAK_CLIENT_ID',
        note,
      },
      (wanted) => setUpKeycloak({ owner: access, name, password: { ...wanted, isForced: false } }),
      async () => false,
    );
    const provisioner =
      secret === undefined
        ? { clientId: access.clientId, clientSecret: access.clientSecret }
        : { clientId: name, clientSecret: secret };
    return { keycloak: { ...access, provisioner }, auth };
  },
};

/**
 * Fewer methods get to the slow optimising compiler, the simple collector, no verification of code whose checksum is
 * known: a start takes a third less processor time. Without that compiler at all, making a realm's keys would take four
 * times as long.
 */
const QUICK_START = [
  '-XX:+UseSerialGC',
  '-XX:+UnlockDiagnosticVMOptions',
  '-XX:-BytecodeVerificationRemote',
  '-XX:Tier4InvocationThreshold=50000',
  '-XX:Tier4MinInvocationThreshold=10000',
  '-XX:Tier4CompileThreshold=100000',
  '-XX:Tier4BackEdgeThreshold=200000',
];

/**
 * Keycloak's own launcher starts the JVM as a child of a shell; run directly, the process that is watched, signalled
 * and named in stack.json is Keycloak itself. Apart from the first line the options are the launcher's.
 */
function jvmOptions(home: string, data: string): string[] {
  const temporary = join(data, 'tmp');
  mkdirSync(temporary, { recursive: true });
  return [
    '-Xms64m',
    '-Xmx768m',
    ...QUICK_START,
    '-XX:MetaspaceSize=96M',
    '-XX:MaxMetaspaceSize=256m',
    '-XX:+ExitOnOutOfMemoryError',
    '-Dfile.encoding=UTF-8',
    '-Djava.security.egd=file:/dev/urandom',
    '-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory',
    ...['java.util', 'java.util.concurrent', 'java.security', 'java.lang'].map(
      (name) => `--add-opens=java.base/${name}=ALL-UNNAMED`,
    ),
    '--enable-native-access=ALL-UNNAMED',
    '-Duser.language=en',
    '-Duser.country=US',
    '-Duser.timezone=UTC',
    `-Dkc.home.dir=${home}`,
    `-Djboss.server.config.dir=${join(home, 'conf')}`,
    '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
    '-Dpicocli.disable.closures=true',
    '-Dquarkus-log-max-startup-records=10000',
    // Two instances share the cached home but not what they write.
    `-Dquarkus.transaction-manager.object-store.directory=${join(data, 'transaction-logs')}`,
    `-Djava.io.tmpdir=${temporary}`,
    '-cp',
    join(home, 'lib/quarkus-run.jar'),
    'io.quarkus.bootstrap.runner.QuarkusEntryPoint',
  ];
}
