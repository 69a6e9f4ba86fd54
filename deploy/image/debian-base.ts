import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rootCertificates } from 'node:tls';

/** What Node and the SDK's native core are linked against, and what names the distribution. */
const PACKAGES = ['base-files', 'libc6', 'libgcc-s1', 'libstdc++6'];

/** A package of Debian that is in an image. */
export interface DebianPackage {
  name: string;
  version: string;
  architecture: string;
}

/**
 * Lays the base of an image into a folder, of packages of the Debian that runs here, fetched by its own apt: no shell,
 * no package manager, nothing that could be run.
 * @throws Error where there is no apt, or it knows no packages
 */
export function layDebianBase(folder: string): DebianPackage[] {
  const debs = mkdtempSync(path.join(tmpdir(), 'freeflow-debs-'));
  try {
    // Run by root, apt would fetch as a user of its own, which may not write here.
    const download = (...names: string[]) =>
      execFileSync('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', ...names], {
        cwd: debs,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    download(...PACKAGES);
    const gcc = archivesIn(debs).flatMap((deb) => /gcc-\d+-base/.exec(fieldOf(deb, 'Depends')) ?? []);
    // Has the licence of both libraries of the compiler.
    download(...new Set(gcc));
    return archivesIn(debs).map((deb) => unpack(deb, folder));
  } finally {
    rmSync(debs, { recursive: true });
  }
}

const archivesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.deb'))
    .sort()
    .map((name) => path.join(folder, name));

const fieldOf = (deb: string, field: string): string =>
  execFileSync('dpkg-deb', ['-f', deb, field], { encoding: 'utf8' }).trim();

function unpack(deb: string, folder: string): DebianPackage {
  execFileSync('dpkg-deb', ['-x', deb, folder]);
  const name = fieldOf(deb, 'Package');
  // Where scanners look for it in images without a package manager.
  const status = path.join(folder, 'var/lib/dpkg/status.d');
  mkdirSync(status, { recursive: true });
  writeFileSync(path.join(status, name), execFileSync('dpkg-deb', ['-f', deb]));
  return { name, version: fieldOf(deb, 'Version'), architecture: fieldOf(deb, 'Architecture') };
}

/** Languages, manuals, and conversions between character sets that no program here asks for. */
const UNUSED = [
  'etc/update-motd.d',
  'usr/share/gcc',
  'usr/share/gdb',
  'usr/share/info',
  'usr/share/lintian',
  'usr/share/locale',
  'usr/share/man',
];

/** Takes out what is of no use in an image, and adds what packages make only when they are installed. */
export function completeBase(folder: string): void {
  for (const it of UNUSED) rmSync(path.join(folder, it), { recursive: true, force: true });
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const isDocument = /\/usr\/share\/doc\/[^/]+\/(?!copyright$)/.test(file);
    if (isDocument || entry.name === 'gconv') rmSync(file, { recursive: true, force: true });
  }
  const write = (name: string, lines: readonly string[]) => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), `${lines.join('\n')}\n`);
  };
  write('etc/nsswitch.conf', ['hosts: files dns']);
  // For the SDK's native core, which looks there; Node has the same ones built in.
  write('etc/ssl/certs/ca-certificates.crt', rootCertificates);
}
