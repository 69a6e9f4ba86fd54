import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Where the built bundle lies, beside this file once compiled. */
const BUNDLE_PATH = path.join(__dirname, 'workflow-bundle.js');

/** Bundles the workflows, as built, with the bundler of this very SDK version. */
async function buildBundle(): Promise<string> {
  const workflowsPath = require.resolve('../workflows');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  return code;
}

// Ahead of time, since a worker that bundles at start is seconds late. Written beside and renamed: a worker that
// starts meanwhile reads the old bundle or the new one, never half of one.
async function main(): Promise<void> {
  const code = await buildBundle();
  mkdirSync(path.dirname(BUNDLE_PATH), { recursive: true });
  const scratch = `${BUNDLE_PATH}.${process.pid}`;
  writeFileSync(scratch, code);
  renameSync(scratch, BUNDLE_PATH);
  console.log(`workflow bundle: ${Math.round(code.length / 1024)} KiB`);
}

/** @throws Error with how to build it, where there is no bundle */
export function builtBundlePath(): string {
  if (!existsSync(BUNDLE_PATH)) throw new Error('The workflow bundle is missing: run the build (npm run build) first.');
  return BUNDLE_PATH;
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
