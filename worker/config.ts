import { isIP } from 'node:net';
import { DEFAULT_TASK_QUEUE, LEAST_RETENTION_DAYS, LONGEST_OVERLAP_S, WORKER_QUEUES } from '@freeflow/contract';
import {
  ConfigError,
  duration,
  milliseconds,
  oneOf,
  pauses,
  port,
  readConfig,
  someOf,
  text,
  VARIABLES,
  VAULT_VARIABLES,
  wholeNumber,
  zeroOr,
  type Environment,
} from '@freeflow/lib/config';
import { vaultProblems } from '@freeflow/lib/vault';
import { z } from 'zod';
import { BACKEND_VARIABLES, CONNECT_OPTIONS } from '../backends/registry';

const {
  LOG_LEVEL,
  MASTER_DATABASE_POOL,
  SECRETS_KEY,
  SECRETS_OLD_KEYS,
  SECRETS_STORE,
  OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_EXPORTER_OTLP_HEADERS,
  WEBHOOK_ALLOWED_NETWORKS,
  PLANS_FILE,
} = VARIABLES;

/** As Standard Webhooks suggests, three days in all: 5 s, 5 and 30 min, 2, 5, 10, 14, 20 and 24 h. */
const WEBHOOK_PAUSES_S = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/**
 * After the grace of its activities (WORKER_GRACE_MS) a worker cuts them off, then connections close: each has half of
 * this time, in ms.
 */
export const AFTER_GRACE_MS = 10_000;

/** The SDK binds to it as it is, and looks up no name. */
const isSocketAddress = (value: string): boolean => {
  const [, host = '', port = ''] = /^\[?([^\]]*)\]?:(\d{1,5})$/.exec(value) ?? [];
  return isIP(host) !== 0 && Number(port) >= 1 && Number(port) <= 65_535;
};

/** What the server takes for one: it joins a name and a build id by these characters. */
const isDeploymentName = (value: string): boolean => /^(?!__)[^.:\s]{1,200}$/.test(value);

/** Fit for a query, a command and a label as it is. */
const isBuildId = (value: string): boolean => /^[A-Za-z0-9][\w.+-]{0,127}$/.test(value);

const variables = z.object({
  LOG_LEVEL,
  TASK_QUEUE: text('the name of a task queue')
    .default(DEFAULT_TASK_QUEUE)
    .describe('the task queue the worker polls; the API needs the same value'),
  TEMPORAL_WORKER_DEPLOYMENT: text("a name without '.' and ':', and without '__' at its beginning", isDeploymentName)
    .optional()
    .describe(
      "the deployment by which Temporal keeps runs to the build that began them: Worker Versioning; the same for all workers of an installation, and no other's. Unset: runs go to any worker",
    ),
  TEMPORAL_WORKER_BUILD_ID: text('up to 128 letters, digits and any of `._+-`', isBuildId)
    .optional()
    .describe('what this build is called in that deployment; unset: its version, as `freeflow --version` says it'),
  WORKER_QUEUES: someOf(WORKER_QUEUES)
    .default([...WORKER_QUEUES])
    .describe(
      'which of its queues the worker polls: that of workflows, those of the backends, that of webhooks. Workers that poll a part each can be scaled apart; all together must poll all of them',
    ),
  MASTER_DATABASE_URL: VARIABLES.MASTER_DATABASE_URL.describe('the master database, by the role freeflow_worker'),
  MASTER_DATABASE_POOL: MASTER_DATABASE_POOL.describe(
    'connections to the master database at most, besides one that holds the locks; what finds none free waits',
  ),
  SECRETS_KEY,
  SECRETS_OLD_KEYS,
  SECRETS_STORE,
  ...VAULT_VARIABLES,
  CREDENTIALS_REVEAL: oneOf(['on', 'off'])
    .default('on')
    .describe(
      "`off`: no tenant's credentials are read for those who ask the API for them, sealed to a key of theirs; `freeflow tenants connect` is left",
    ),
  ...BACKEND_VARIABLES,
  ...CONNECT_OPTIONS,
  PLANS_FILE,
  WORKER_HEALTH_HOST: text('a host name or address')
    .default('127.0.0.1')
    .describe('host to serve `/health/live`, `/health/ready` and `/metrics` on'),
  WORKER_HEALTH_PORT: port(0)
    .default(3001)
    .describe('port to serve `/health/live`, `/health/ready` and `/metrics` on; 0 picks a free one'),
  WORKER_SDK_METRICS_ADDRESS: text('ADDRESS:PORT, such as 127.0.0.1:3002', isSocketAddress)
    .optional()
    .describe(
      "where Temporal's SDK serves the metrics of its own, as `/metrics`, while it reaches Temporal; unset: nowhere",
    ),
  WORKER_GRACE_MS: milliseconds()
    .default(20_000)
    .describe('how long running activities may continue after a stop was requested'),
  SWEEP_INTERVAL_MS: milliseconds().default(10_000).describe('how often the sweep starts operations that have no run'),
  RECONCILE_INTERVAL_MS: milliseconds()
    .default(3_600_000)
    .describe('how often master database, ledger and servers are compared'),
  STEP_PATIENCE_MS: milliseconds()
    .default(120_000)
    .describe('how long a failing step is retried before it is parked, to wait for an answer'),
  PARKED_RETRY_MS: milliseconds()
    .default(600_000)
    .describe(
      'how soon a parked step is tried again by itself at first; each pause is twice the one before, up to an hour',
    ),
  PARKED_CREATE_MS: milliseconds()
    .default(24 * 3_600_000)
    .describe('when a parked create without an answer is rolled back'),
  EVENTS_PER_RUN: wholeNumber(50, 20_000)
    .default(1_000)
    .describe('events in the history of a Temporal run after which a parked operation goes on in a new run'),
  SETTLE_MARGIN_MS: milliseconds()
    .optional()
    .describe(
      'how long a server may go on with a call after we no longer wait for it, before an absence is believed; default: as long as we waited',
    ),
  RETENTION_MS: milliseconds()
    .default(7 * 24 * 3_600_000)
    .describe('how long the data of a soft-deleted tenant is kept before it is purged'),
  ROTATE_EVERY: duration()
    .optional()
    .describe(
      "how old a tenant's credentials become before they are rotated by themselves, as `90d` or `12h`; unset: they never are",
    ),
  ROTATE_OVERLAP: duration(LONGEST_OVERLAP_S * 1_000)
    .default('1d')
    .describe('how long the credentials before stay valid after such a rotation, as `1d` or `12h`'),
  AUDIT_RETENTION_DAYS: zeroOr(LEAST_RETENTION_DAYS, 36_500)
    .default(400)
    .describe('how many days the audit trail keeps a row; 0: for ever'),
  EVENT_RETENTION_DAYS: wholeNumber(0, 36_500)
    .default(30)
    .describe('how many days an event is kept for those who follow what changes; 0: for ever'),
  OPERATION_RETENTION_DAYS: zeroOr(LEAST_RETENTION_DAYS, 36_500)
    .default(400)
    .describe(
      'how many days an operation is kept after its end, with its Idempotency-Key; never the last of each kind and outcome of a tenant, nor what the audit trail names; 0: for ever',
    ),
  LOG_RETENTION_DAYS: zeroOr(LEAST_RETENTION_DAYS, 36_500)
    .default(90)
    .describe('how many days the log of an operation is kept after its end; 0: as long as the operation'),
  WEBHOOK_SENDING: oneOf(['on', 'off'])
    .default('on')
    .describe('`off`: nothing is sent to webhooks; for a worker on a recovered copy of the master database'),
  WEBHOOK_ALLOWED_NETWORKS,
  WEBHOOK_RETRY_PAUSES_MS: pauses(30)
    .default(WEBHOOK_PAUSES_S.map((it) => it * 1_000))
    .describe('the pauses between the attempts to deliver an event to a webhook'),
  WEBHOOK_TIMEOUT_MS: wholeNumber(1, 60_000)
    .default(15_000)
    .describe('how long the receiver of a webhook may take to answer, in ms'),
  WEBHOOK_DELIVERY_RETENTION_DAYS: wholeNumber(0, 36_500)
    .default(30)
    .describe('how many days a delivery that has ended is kept; 0: for ever'),
  BLUEPRINT_DIR: text('the path of a folder')
    .optional()
    .describe(
      'the folder of the blueprint: what new tenants begin with (docs/blueprint.md). It is read and published when the worker starts; unset: what is published is applied',
    ),
  OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_EXPORTER_OTLP_HEADERS,
});

/** The worker's configuration. Temporal's address comes by Temporal's own standard variables. */
export const workerVariables = variables.superRefine((values, context) => {
  for (const [variable, message] of vaultProblems(values))
    context.addIssue({ code: 'custom', path: [variable], message });
});

export type WorkerConfig = z.output<typeof workerVariables>;

/**
 * Reads the configuration.
 * @throws ConfigError naming every variable that is missing or wrong, never with a value
 */
export function readWorkerConfig(env: Environment): WorkerConfig {
  const config = readConfig(workerVariables, env);
  if (config.WEBHOOK_SENDING === 'off' && config.WORKER_QUEUES.every((it) => it === 'webhooks'))
    throw new ConfigError(
      'WORKER_QUEUES has webhooks alone, and WEBHOOK_SENDING is off: there is nothing to poll. Name another queue, or start no such worker',
    );
  return config;
}
