import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { BUNDLE_PATH } from './built-workflows';

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

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
