import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runProgram } from '@freeflow/lib/config';
import { findOnPath } from '../../stack/fetch/on-path';
import { projectRoot } from '../../stack/project';
import { buildImage, findBuilder, ImageError, type ImageBuild } from './builder';
import { builtVersion } from './built-version';
import { layContext } from './context';

const USAGE = `Usage: npm run image -- [--base REFERENCE@DIGEST] [--tag NAME:TAG]... [--sbom FILE]

Builds the image of FreeFlow, with buildah or Docker. It has API, worker, migrator and command line in it, of what
npm run build has made here, and fetches nothing but, without --base, five packages of Debian.

  --base REFERENCE@DIGEST  an image with glibc, libstdc++ and certificates, such as a distroless "cc" of a registry, by
                           its digest; without it the base is made of packages of the Debian that runs here
  --tag NAME:TAG           what to call it, more than once for several; default: freeflow:VERSION
  --sbom FILE              copies the bill of materials (CycloneDX) there; it is in the image as /app/sbom.cdx.json
  --help                   this text`;

void runProgram(USAGE, async () => {
  const { values } = parseArgs({
    options: {
      base: { type: 'string', default: 'scratch' },
      tag: { type: 'string', multiple: true },
      sbom: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(USAGE);
  const builder = findBuilder(process.env);
  if (builder === undefined)
    throw new ImageError('Neither buildah nor Docker is on this machine. Install one: apt-get install buildah');
  assertBase(values.base);
  const version = builtVersion();
  const { tag: tags = [`freeflow:${version}`] } = values;
  const startedAt = Date.now();
  const context = mkdtempSync(path.join(tmpdir(), 'freeflow-image-'));
  try {
    const sbom = layContext({ folder: context, version, withBase: values.base === 'scratch' });
    if (values.sbom !== undefined) copyFileSync(sbom, values.sbom);
    const id = buildImage(builder, { context, base: values.base, tags, version, commit: headCommit() });
    console.log(`${tags.join(', ')} built in ${((Date.now() - startedAt) / 1_000).toFixed(1)} s: ${id}`);
  } finally {
    rmSync(context, { recursive: true });
  }
});

/** @throws ImageError where the base is named by a tag alone, which may be another image tomorrow, or can't be made */
function assertBase(base: string): void {
  if (base === 'scratch' && findOnPath('dpkg-deb', process.env) === undefined)
    throw new ImageError('This is no Debian, so that a base is needed: --base REFERENCE@DIGEST');
  if (base !== 'scratch' && !/^[^@\s]+@sha256:[0-9a-f]{64}$/.test(base))
    throw new ImageError(
      `${base} has no digest: --base REFERENCE@sha256:..., since a tag may be another image tomorrow.`,
    );
}

function headCommit(): ImageBuild['commit'] {
  try {
    const [hash = '', time = ''] = execFileSync('git', ['-C', projectRoot(), 'log', '-1', '--format=%H %ct'], {
      encoding: 'utf8',
    }).split(' ');
    return { hash, time: Number(time) };
  } catch {
    return undefined;
  }
}
