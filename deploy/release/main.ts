import { parseArgs } from 'node:util';
import { runProgram } from '@freeflow/lib/config';
import { auditPackages } from './audit';
import { assertReleasable, buildRelease } from './build';
import { ReleaseError } from './errors';
import { prepareRelease } from './prepare';

const USAGE = `Usage: npm run release -- prepare VERSION
       npm run release -- build [--base REFERENCE@DIGEST] [--without-audit]

prepare writes a version into packages and changelog, to be committed and tagged. build makes what is published of the
commit that has the tag: image, bill of materials, licences and notes in release/VERSION/, with checksums signed by the
key in RELEASE_SIGNING_KEY or in the file that RELEASE_SIGNING_KEY_FILE names. docs/releasing.md has all steps.

  --base REFERENCE@DIGEST  as npm run image takes it
  --without-audit          where the package registry answers no audit, or what it finds is accepted
  --help                   this text`;

void runProgram(USAGE, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { base: { type: 'string' }, 'without-audit': { type: 'boolean' }, help: { type: 'boolean' } },
  });
  const [command, version, ...more] = positionals;
  if (values.help) return console.log(USAGE);
  if (command === 'prepare' && version !== undefined && more.length === 0) {
    prepareRelease(version, new Date().toISOString().slice(0, 10));
    return console.log(
      `Written. Then: git commit -am 'chore(release): ${version}' && git tag -s v${version} -m v${version}`,
    );
  }
  if (command !== 'build' || version !== undefined) throw new ReleaseError(USAGE);
  const release = assertReleasable();
  if (values['without-audit'] !== true) auditPackages();
  console.log(`Signed and ready to be published: ${buildRelease(release, values.base, process.env)}`);
});
