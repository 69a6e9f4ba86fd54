import { WORKER_QUEUES } from '@freeflow/contract';
import { flag, list, name, number, object, raw, rawList, type Schema, text, texts } from './forms';
import { type Process, processSettings, secretRefs } from './settings';

/** What a digest looks like; empty: there is none. */
export const DIGEST = '^(sha256:[0-9a-f]{64})?$';

const PLACES: Readonly<Record<string, Schema>> = {
  secret: object(
    { name: name('of a Secret that is there'), key: name('in it; left out: the name of the variable') },
    { required: ['name'] },
  ),
  external: object(
    { key: name('at the provider'), property: name('of what is there'), version: name('which of them') },
    { required: ['key'] },
  ),
  csi: object({ path: name('of the file in the volume') }, { required: ['path'] }),
};
const oneOf = (places: typeof PLACES): Schema => ({ ...object(places), minProperties: 1, maxProperties: 1 });

/** Where a secret is; a worker also follows references to a vault by itself. */
export const SECRET_REFS = {
  secretRef: oneOf(PLACES),
  workerSecretRef: oneOf({
    ...PLACES,
    vault: text('a reference that the worker follows', { pattern: '^vault://[^#?]+#[A-Za-z0-9_-]+$' }),
  }),
};

const PROVIDER_CLASS = object({
  name: name('of the SecretProviderClass'),
  provider: name('of the CSI driver, such as vault; left out: the class is there'),
  parameters: texts('of the provider'),
  secretObjects: rawList('Secrets that the driver keeps as well'),
});

const TOKENS = list(
  object(
    { name: name('of the file'), audience: name('whom it is for'), expirationSeconds: number('at most', 600) },
    { required: ['name', 'audience'] },
  ),
  'Tokens of the service account, each a file /etc/freeflow/tokens/{name}',
);

/** What all pods have. */
const podOf = (process: Process): Record<string, Schema> => ({
  secretRefs: secretRefs(process),
  secretProviderClass: PROVIDER_CLASS,
  serviceAccountAnnotations: texts('of the ServiceAccount, such as the identity at a cloud'),
  resources: raw('requests and limits'),
  podAnnotations: texts('of the pods'),
  nodeSelector: texts('labels of the nodes'),
  tolerations: rawList('of the pods'),
  affinity: raw('of the pods'),
  priorityClassName: text('of the pods'),
  volumes: rawList('in addition'),
  volumeMounts: rawList('in addition'),
  tokens: TOKENS,
});

const KEDA = object({
  enabled: flag('scale by the backlog of the queues'),
  minReplicas: number('at least', 1),
  maxReplicas: number('at most', 1),
  targetQueueSize: number('tasks that wait, for each replica', 1),
  pollingInterval: number('s between two looks', 1),
  cooldownPeriod: number('s'),
  metadata: texts("more of the trigger's own"),
});

const IMAGE = object({ tag: name('of the image'), digest: text('goes before a tag', { pattern: DIGEST }) });

/** Of a process that another build than the rest may be of; empty: that of all. */
const OWN_IMAGE: Schema = { ...IMAGE, description: 'another build than that of `image`' };

const WORKER_DEPLOYMENTS: Schema = {
  type: 'object',
  additionalProperties: false,
  // Their names end those of the objects.
  patternProperties: {
    '^[a-z]([-a-z0-9]{0,13}[a-z0-9])?$': object({
      image: { ...IMAGE, minProperties: 1, description: 'another build, beside that of API and migrations' },
      queues: { type: 'array', items: { enum: WORKER_QUEUES }, minItems: 1, uniqueItems: true },
      replicas: number('of this deployment', 1),
      settings: processSettings('worker', false),
      resources: raw('requests and limits'),
      keda: KEDA,
    }),
  },
};

export const API = object(
  {
    image: OWN_IMAGE,
    replicas: number('while it is not scaled', 1),
    settings: processSettings('api'),
    ...podOf('api'),
    autoscaling: object({
      enabled: flag('by a HorizontalPodAutoscaler'),
      minReplicas: number('at least', 1),
      maxReplicas: number('at most', 1),
      targetCPUUtilizationPercentage: number('of what is requested', 1),
      behavior: raw('of the HorizontalPodAutoscaler'),
    }),
    service: object({
      type: { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
      port: number('', 1),
      annotations: texts(''),
    }),
  },
  { required: ['settings', 'secretRefs'] },
);

export const WORKER = object(
  {
    replicas: number('of each deployment', 1),
    deployments: WORKER_DEPLOYMENTS,
    settings: processSettings('worker'),
    ...podOf('worker'),
    keda: KEDA,
  },
  { required: ['settings', 'secretRefs'] },
);

const { secretRefs: migrateRefs, ...migratePod } = podOf('migrate');
export const MIGRATE: Schema = {
  ...object({
    enabled: flag('before each install and upgrade'),
    image: OWN_IMAGE,
    ...migratePod,
    secretRefs: object((migrateRefs as { properties: Record<string, Schema> }).properties),
    activeDeadlineSeconds: number('after which it has failed', 1),
  }),
  // What is not run needs no login.
  if: { properties: { enabled: { const: true } } },
  then: { properties: { secretRefs: migrateRefs } },
};
