import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readIfThere } from '@freeflow/lib/files';
import { cachedFolder } from '../fetch/cache';
import { runClient } from '../fetch/client';
import { mavenZip } from '../fetch/maven';
import { findOnPath, isAtLeast } from '../fetch/on-path';
import { KEYCLOAK_PACKAGE } from '../fetch/packages';
import { unzip } from '../fetch/unzip';
import type { FetchingContext, Program } from './server';

const run = promisify(execFile);

const OLDEST_JAVA = 17;
const OLDEST_KEYCLOAK = '26.5';
/**
 * What is fixed when Keycloak is built for a start; a change must also change BUILD, the name of the cached outcome.
 */
const BUILD_OPTIONS = ['--db=dev-file', '--health-enabled=true'];
const BUILD = 'b1';

/** The Java that runs it: the user's JAVA_HOME, else the one on PATH. */
export const javaCommand = (env: NodeJS.ProcessEnv): string =>
  env['JAVA_HOME'] === undefined ? 'java' : join(env['JAVA_HOME'], 'bin/java');

/**
 * A Keycloak that is built for quick starts: the one on PATH (copied first), else a fetched one; both kept in the
 * cache.
 */
export async function keycloakHome(context: FetchingContext): Promise<Program> {
  await checkJava(context.env);
  const found = keycloakOnPath(context.env);
  const inside = found === undefined ? dirname(dirname(KEYCLOAK_PACKAGE.program)) : 'keycloak';
  const version = found?.version ?? KEYCLOAK_PACKAGE.version;
  const origin = found === undefined ? '' : `-${createHash('sha256').update(found.path).digest('hex').slice(0, 8)}`;
  const folder = await cachedFolder(context.cache, `keycloak-${version}${origin}-${BUILD}`, async (temporary) => {
    if (found === undefined) await fetchInto(temporary, context);
    else cpSync(found.path, join(temporary, inside), { recursive: true });
    await build(join(temporary, inside), context);
  });
  return { path: join(folder, inside), version };
}

async function fetchInto(folder: string, context: FetchingContext): Promise<void> {
  const zip = await mavenZip(KEYCLOAK_PACKAGE, folder, context);
  await unzip(zip, folder);
  rmSync(zip);
}

/** The build holds no absolute path, so it may be done before the folder gets its final name. */
async function build(home: string, { env, signal, onBuild }: FetchingContext): Promise<void> {
  onBuild();
  await runClient({
    command: join(home, 'bin/kc.sh'),
    args: ['build', ...BUILD_OPTIONS],
    env: { ...env, JAVA_OPTS_APPEND: '-XX:TieredStopAtLevel=1' },
    cwd: home,
    signal,
  });
}

function keycloakOnPath(env: NodeJS.ProcessEnv): Program | undefined {
  const script = findOnPath('kc.sh', env);
  if (script === undefined) return undefined;
  const home = dirname(dirname(script));
  const version = /\d+(?:\.\d+)+/.exec(readIfThere(join(home, 'version.txt')) ?? '')?.[0];
  const isUsable =
    version !== undefined && isAtLeast(version, OLDEST_KEYCLOAK) && existsSync(join(home, 'lib/quarkus-run.jar'));
  return isUsable ? { path: home, version } : undefined;
}

async function checkJava(env: NodeJS.ProcessEnv): Promise<void> {
  const output = await run(javaCommand(env), ['-version'], { env }).then(
    ({ stderr, stdout }) => stderr + stdout,
    () => '',
  );
  const version = Number(/version "(\d+)/.exec(output)?.[1] ?? 0);
  if (version >= OLDEST_JAVA) return;
  throw new Error(
    version === 0
      ? `it needs Java ${OLDEST_JAVA} or newer, and there is none on PATH or in JAVA_HOME`
      : `it needs Java ${OLDEST_JAVA} or newer, and this is Java ${version}`,
  );
}
