import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { completeBase, layDebianBase, type DebianPackage } from './debian-base';
import { writeNotices } from './notices';
import { bundledPackages, PROGRAMS } from './packages';
import { writeSbom } from './sbom';

/** Whom the programs run as: no user of any machine. */
const PASSWD = ['root:x:0:0:root:/root:/sbin/nologin', 'freeflow:x:10001:10001:FreeFlow:/app:/sbin/nologin'];
const GROUP = ['root:x:0:', 'freeflow:x:10001:'];

/** What a program of the image is called, and what it starts. */
const COMMANDS = {
  api: 'command.cjs',
  worker: 'command.cjs',
  migrate: 'command.cjs',
  freeflow: 'command.cjs',
  health: 'health.cjs',
};

/** Of the build of a program, what it is run from. */
const RUN_FROM = /^(?:program\.bundle\.js|workflow-bundle(?:\.versioned)?\.js|workflow-worker-thread\.js|.*\.wasm)$/;

const NATIVE_CORE = { x64: 'x86_64-unknown-linux-gnu', arm64: 'aarch64-unknown-linux-gnu' };

export interface ContextOptions {
  /** An empty folder. */
  folder: string;
  version: string;
  /** Whether the base comes with it, of Debian's packages, or from a registry. */
  withBase: boolean;
}

/**
 * Lays all files of an image into a folder, as the Containerfile copies them: `base/`, `node/`, `product/`, `cache/`.
 * @returns the path of its SBOM
 */
export function layContext({ folder, version, withBase }: ContextOptions): string {
  const root = projectRoot();
  const into = (...parts: string[]) => {
    const target = path.join(folder, ...parts);
    mkdirSync(path.dirname(target), { recursive: true });
    return target;
  };
  for (const it of ['base', 'node/usr/local/bin', 'product/app', 'cache/cache'])
    mkdirSync(into(it), { recursive: true });
  const debian = withBase ? layBase(into('base')) : [];
  cpSync(process.execPath, into('node/usr/local/bin/node'), { dereference: true });
  layPrograms(root, into);
  layPackages(root, into);
  for (const name of ['command.cjs', 'compile.cjs', 'health.cjs'])
    cpSync(path.join(root, 'deploy/image', name), into('product/app/image', name));
  for (const [command, file] of Object.entries(COMMANDS))
    symlinkSync(`../../../app/image/${file}`, into('product/usr/local/bin', command));
  const packages = bundledPackages();
  writeNotices(into('product/app/THIRD-PARTY-NOTICES.txt'), packages, nodeLicence());
  const sbom = into('product/app/sbom.cdx.json');
  writeSbom(sbom, { version, packages, debian, node: process.versions });
  setModes(folder);
  return sbom;
}

type Into = (...parts: string[]) => string;

function layBase(folder: string): DebianPackage[] {
  const packages = layDebianBase(folder);
  completeBase(folder);
  writeFileSync(path.join(folder, 'etc/passwd'), `${PASSWD.join('\n')}\n`);
  writeFileSync(path.join(folder, 'etc/group'), `${GROUP.join('\n')}\n`);
  return packages;
}

/** The bundles, in which a file that several of them have beside themselves is there once, and the console. */
function layPrograms(root: string, into: Into): void {
  const laid = new Map<string, string>();
  for (const program of PROGRAMS)
    for (const name of readdirSync(path.join(root, 'dist', program)).filter((it) => RUN_FROM.test(it))) {
      const first = laid.get(name);
      const target = into('product/app/dist', program, name);
      if (first !== undefined && name.endsWith('.wasm')) symlinkSync(path.join('..', first, name), target);
      else cpSync(path.join(root, 'dist', program, name), target);
      laid.set(name, program);
    }
  cpSync(path.join(root, 'dist/console/page'), into('product/app/dist/console/page'), { recursive: true });
}

/** What the bundles look for in packages: their starter, migrations, the native core and the page of the API. */
function layPackages(root: string, into: Into): void {
  const copy = (name: string, files: readonly string[], from = path.join(root, 'node_modules', name)) => {
    for (const file of ['package.json', ...files])
      cpSync(path.join(from, file), into('product/app/node_modules', name, file), {
        recursive: true,
        dereference: true,
      });
  };
  copy('@freeflow/lib', ['dist/start/index.js', 'dist/start/start-program.js']);
  copy('@freeflow/db-master', ['dist/index.js', 'migrations', 'schema.prisma']);
  const { arch } = process;
  if (arch !== 'x64' && arch !== 'arm64') throw new Error(`There is no native core of Temporal's SDK for ${arch}.`);
  copy('@temporalio/core-bridge', ['index.js', 'common.js', `releases/${NATIVE_CORE[arch]}/index.node`]);
  copy('@fastify/swagger-ui', ['index.js', 'lib/routes.js', 'static']);
  writeFileSync(into('product/app/package.json'), '{"private":true,"type":"commonjs"}\n');
}

/** The licence of Node.js, and of all that it is made of. */
const nodeLicence = (): string =>
  readFileSync(path.join(path.dirname(path.dirname(process.execPath)), 'LICENSE'), 'utf8');

/** Nobody but root may change anything, whatever the umask was here; all may read. */
function setModes(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const isRun = entry.isDirectory() || /\/(?:bin\/node|image\/\w+\.cjs|ld-linux[^/]*|[^/]+\.so[^/]*)$/.test(file);
    const isScratch = /\/base\/(?:var\/)?tmp$/.test(file);
    if (!entry.isSymbolicLink()) chmodSync(file, isScratch ? 0o1777 : isRun ? 0o755 : 0o644);
  }
}
