import path from 'node:path';
import { DEFAULT_TASK_QUEUE, WORKER_QUEUES } from '@freeflow/contract';
import { CLOSE_WITHIN_MS } from '../../api/config';
import { projectRoot } from '../../stack/project';
import { AFTER_GRACE_MS, workerVariables } from '../../worker/config';
import { valuesSchema } from './values';

/** What the templates need to know of the product. */
const facts = () => ({
  queues: WORKER_QUEUES,
  taskQueue: DEFAULT_TASK_QUEUE,
  workerGraceMs: workerVariables.shape.WORKER_GRACE_MS.def.defaultValue,
  workerAfterGraceMs: AFTER_GRACE_MS,
  apiCloseMs: CLOSE_WITHIN_MS,
});

const fileOf = (name: string, content: unknown) => ({
  file: path.join(projectRoot(), 'deploy', 'chart', ...name.split('/')),
  text: `${JSON.stringify(content, null, 2)}\n`,
});

/** The files of the chart that are written from the product, each with its text. */
export const chartFiles = () => [fileOf('values.schema.json', valuesSchema()), fileOf('files/facts.json', facts())];
