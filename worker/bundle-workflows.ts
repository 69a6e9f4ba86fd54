import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { BUNDLE_PATHS } from './built-workflows';

/** Bundles a file of workflows, as built, with the bundler of this very SDK version. */
async function buildBundle(entry: string): Promise<string> {
  const workflowsPath = require.resolve(`../workflows/${entry}`);
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  return code;
}

// Ahead of time, since a worker that bundles at start is seconds late. Written beside and renamed: a worker that
// starts meanwhile reads the old bundle or the new one, never half of one.
async function main(): Promise<void> {
  for (const [entry, file] of Object.entries(BUNDLE_PATHS)) {
    const code = await buildBundle(entry);
    mkdirSync(path.dirname(file), { recursive: true });
    const scratch = `${file}.${process.pid}`;
    writeFileSync(scratch, code);
    renameSync(scratch, file);
    console.log(`workflow bundle (${entry}): ${Math.round(code.length / 1024)} KiB`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
