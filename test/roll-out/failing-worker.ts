import { readFileSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { builtBundlePath } from '../../worker/built-workflows';
import { runWorker } from '../../worker/run-worker';
import * as workflows from '../../workflows';

// A build with a defect that shows at once: it knows no workflow by its name, and fails every workflow task.
const create = Worker.create.bind(Worker);
const code = Object.keys(workflows).reduce(
  (text, name) => text.replaceAll(name, `${name}Lost`),
  readFileSync(builtBundlePath(true), 'utf8'),
);
Worker.create = (options) =>
  create(options.workflowBundle === undefined ? options : { ...options, workflowBundle: { code } });

runWorker(process.env).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
