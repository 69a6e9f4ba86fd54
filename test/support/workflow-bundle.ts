import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import { projectRoot } from '../../stack/project';

// Workers in the test's process have nothing to say.
Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'OFF', forward: {} } } });

const ROOT = projectRoot();
const CACHE = path.join(ROOT, 'node_modules/.cache/workflow-bundles');

export interface WorkflowBundle {
  codePath: string;
}

/**
 * The workflows in a folder, bundled once for all test files: that takes seconds of processor time, and a dozen of them
 * need it.
 * @param entry the file of it that exports what is registered
 */
export async function bundleOf(workflowsFolder: string, entry = 'index'): Promise<WorkflowBundle> {
  const codePath = path.join(CACHE, `${hashOfSources(workflowsFolder)}.${entry}.js`);
  if (!existsSync(codePath)) {
    const { code } = await bundleWorkflowCode({
      workflowsPath: path.join(workflowsFolder, `${entry}.ts`),
      logger: new DefaultLogger('ERROR'),
    });
    mkdirSync(CACHE, { recursive: true });
    // Another test file may bundle at the same time: nobody reads half a bundle.
    const scratch = `${codePath}.${process.pid}`;
    writeFileSync(scratch, code);
    renameSync(scratch, codePath);
  }
  return { codePath };
}

/**
 * Of all that is in a bundle: workflows import contract/, as built, and the packages of the lockfile alone; the linter
 * sees to that.
 */
function hashOfSources(workflowsFolder: string): string {
  const hash = createHash('sha256').update(readFileSync(path.join(ROOT, 'pnpm-lock.yaml')));
  for (const folder of [workflowsFolder, path.join(ROOT, 'contract', 'dist')])
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(isSource).sort())
      hash.update(`${name}\n`).update(readFileSync(path.join(folder, name)));
  return hash.digest('hex').slice(0, 20);
}

/** Tests bundle folders of their own beside the workflows, which come and go. */
const isSource = (name: string): boolean =>
  /\.(?:ts|js)$/.test(name) && !/\.(?:test|d)\.ts$/.test(name) && !/(?:^|\/)\./.test(name);
