import { variablesOf, type Variable } from '@freeflow/lib/config';
import { apiVariables } from '../../api/config';
import { migrateVariables } from '../../prisma/migrate-config';
import { workerVariables } from '../../worker/config';
import { object, type Schema } from './forms';

/** The processes of the chart, and what each reads of its environment. */
export const PROCESSES = { api: apiVariables, worker: workerVariables, migrate: migrateVariables } as const;
export type Process = keyof typeof PROCESSES;

/** What the templates set themselves. */
const SET_BY_CHART = ['API_PORT', 'WORKER_HEALTH_PORT', 'WORKER_QUEUES', 'WORKER_SDK_METRICS_ADDRESS'];

/** API and workers need the same value, so it can be set for both alone. */
export const SAME_VALUE = ['TASK_QUEUE', 'SWEEP_INTERVAL_MS', 'WEBHOOK_ALLOWED_NETWORKS'];

const variables = (process: Process): Variable[] => variablesOf(PROCESSES[process]);

const settingsOf = (process: Process): Variable[] =>
  variables(process).filter(({ name, isSecret }) => !isSecret && !SET_BY_CHART.includes(name));

const schemaOf = ({ meaning, form, standard, json }: Variable): Schema => ({
  ...json,
  description: `${meaning}. Must be ${form}${standard === undefined ? '' : `; default: ${standard}`}`,
});

const byName = (of: readonly Variable[]): Record<string, Schema> =>
  Object.fromEntries(of.map((it) => [it.name, schemaOf(it)]));

/** `settings`: what both API and workers read. */
export function commonSettings(): Schema {
  const ofWorker = new Set(settingsOf('worker').map(({ name }) => name));
  return object(byName(settingsOf('api').filter(({ name }) => ofWorker.has(name))));
}

/** `api.settings`, `worker.settings`; `isWhole`: with what has no default. */
export function processSettings(process: 'api' | 'worker', isWhole = true): Schema {
  const own = settingsOf(process).filter(({ name }) => !SAME_VALUE.includes(name));
  const required = own.filter((it) => isWhole && it.isRequired).map(({ name }) => name);
  return object(byName(own), { required });
}

/** `secretRefs` of a process. */
export function secretRefs(process: Process): Schema {
  const secrets = variables(process).filter(({ isSecret }) => isSecret);
  const $ref = `#/definitions/${process === 'worker' ? 'workerSecretRef' : 'secretRef'}`;
  const refs = secrets.map(({ name, meaning }) => [name, { $ref, description: meaning }]);
  return object(Object.fromEntries(refs) as Record<string, Schema>, {
    required: secrets.filter(({ isRequired }) => isRequired).map(({ name }) => name),
  });
}
