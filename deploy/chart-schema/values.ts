import { flag, list, name, number, object, raw, rawList, type Schema, text, texts } from './forms';
import { API, DIGEST, MIGRATE, SECRET_REFS, WORKER } from './processes';
import { commonSettings } from './settings';

const keyOf = (kind: string): Schema =>
  object({ name: name(`of a ${kind}`), key: name('in it') }, { description: `A key of a ${kind}` });

const TEMPORAL = object(
  {
    address: text('HOST:PORT', { pattern: '^[^/\\s]+:[0-9]{1,5}$' }),
    namespace: name('of this installation'),
    tls: object({
      enabled: flag('where neither an API key nor another setting says so'),
      serverName: text('that the certificate must have'),
      ca: keyOf('Secret'),
      clientSecret: text('a Secret of type kubernetes.io/tls'),
    }),
    apiKey: { anyOf: [{ type: 'object', maxProperties: 0 }, { $ref: '#/definitions/secretRef' }] },
  },
  { required: ['address'] },
);

const NETWORK_POLICIES = object({
  enabled: flag(''),
  apiFrom: rawList('peers that may call the API; none: all'),
  metricsFrom: rawList("peers that may read the workers' metrics"),
  egress: object({
    api: rawList('rules; none: anywhere'),
    worker: rawList('rules; none: anywhere'),
    migrate: rawList('rules; none: anywhere'),
  }),
  dns: rawList("peers: the cluster's DNS"),
  dnsPorts: list(number('', 1), 'that its pods listen at'),
  webhooks: flag('public addresses, and those of WEBHOOK_ALLOWED_NETWORKS'),
  webhookPorts: list(number('', 1), 'of public receivers; none: any'),
});

const MONITORING = object({
  enabled: flag('ServiceMonitor and PodMonitor'),
  labels: texts('by which Prometheus finds them'),
  interval: text('of scrapes', { pattern: '^[0-9]+(ms|s|m)$' }),
  sdkMetrics: flag("of Temporal's SDK"),
  rules: object({
    enabled: flag('a PrometheusRule'),
    documents: text('where docs/ is read', { pattern: '^(https?://.+/)?$' }),
  }),
  dashboards: object({ enabled: flag('ConfigMaps for Grafana'), labels: texts(''), annotations: texts('') }),
});

/** The JSON Schema of the chart's values. */
export const valuesSchema = (): Schema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Values of the chart freeflow',
  description: 'Written from the schemas of the configuration: UPDATE_DOCS=1 npx jest deploy/chart-schema',
  definitions: SECRET_REFS,
  ...object(
    {
      global: raw('of the charts around this one'),
      image: object(
        {
          repository: text('where the image is, without tag', { pattern: '^[^\\s@]+$' }),
          tag: text('the version of the chart, where it is left out'),
          digest: text('goes before a tag', { pattern: DIGEST }),
          pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
          pullSecrets: list({ type: 'string' }, 'names of Secrets'),
        },
        { required: ['repository'] },
      ),
      runAsUser: { type: ['integer', 'null'], minimum: 1, description: 'the user of the processes' },
      nameOverride: text(''),
      fullnameOverride: text(''),
      labels: texts('on every object'),
      settings: commonSettings(),
      environment: {
        type: 'object',
        description: 'Variables of libraries',
        patternProperties: {
          '^(OTEL|NODE|UV|TEMPORAL_GRPC_META)_[A-Z0-9_]+$|^(HTTPS?|NO)_PROXY$': {
            type: ['string', 'number', 'boolean'],
          },
        },
        additionalProperties: false,
      },
      temporal: TEMPORAL,
      trustedCa: keyOf('ConfigMap'),
      externalSecrets: object({
        store: object({ name: name('of the store'), kind: { enum: ['SecretStore', 'ClusterSecretStore'] } }),
        refreshInterval: name('such as 1h'),
      }),
      api: API,
      worker: WORKER,
      migrate: MIGRATE,
      podDisruptionBudgets: object({ enabled: flag(''), maxUnavailable: { type: ['integer', 'string'] } }),
      spreadOver: list({ type: 'string' }, 'labels of nodes'),
      networkPolicies: NETWORK_POLICIES,
      ingress: object({
        enabled: flag(''),
        className: text(''),
        annotations: texts(''),
        hosts: list({ type: 'string' }, 'names of the API'),
        tls: rawList('of the Ingress'),
      }),
      httpRoute: object({
        enabled: flag(''),
        parentRefs: rawList('Gateways'),
        hostnames: list({ type: 'string' }, 'names of the API'),
        annotations: texts(''),
        timeouts: texts('of the rule'),
      }),
      monitoring: MONITORING,
    },
    { required: ['image', 'temporal', 'api', 'worker'] },
  ),
});
