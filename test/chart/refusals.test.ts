import { describeChart, render, valuesFile } from './helm';

const minimal = valuesFile('minimal');
const csi = valuesFile('csi');

/** What is wrong, the values that lie on top, and what Helm says of them. */
const CASES: readonly [what: string, values: readonly string[], says: RegExp][] = [
  [
    'a setting that there is not',
    [minimal, 'worker: { settings: { KEYCLOAK_CONCURENCY: 4 } }'],
    /\/worker\/settings'?: additional properties 'KEYCLOAK_CONCURENCY' not allowed/,
  ],
  [
    'a number that is none',
    [minimal, 'worker: { settings: { RETENTION_MS: 7d } }'],
    /\/worker\/settings\/RETENTION_MS'?: '7d' does not match pattern/,
  ],
  [
    'a number that is too large',
    [minimal, 'worker: { settings: { KEYCLOAK_CONCURRENCY: 51 } }'],
    /\/worker\/settings\/KEYCLOAK_CONCURRENCY'?: maximum: got 51, want 50/,
  ],
  [
    'a word that is none of a few',
    [minimal, 'settings: { LOG_LEVEL: loud }'],
    /\/settings\/LOG_LEVEL'?: value must be one of 'trace', 'debug'/,
  ],
  [
    'a word that YAML takes for another',
    [minimal, 'worker: { settings: { WEBHOOK_SENDING: off } }'],
    /\/worker\/settings\/WEBHOOK_SENDING'?: value must be one of 'on', 'off'/,
  ],
  [
    'a URL with a login',
    [minimal, 'worker: { settings: { QDRANT_URL: "http://u:p@h" } }'],
    /\/worker\/settings\/QDRANT_URL'?: .*does not match pattern/,
  ],
  [
    'a secret among settings',
    [minimal, 'worker: { settings: { QDRANT_API_KEY: hunter22 } }'],
    /\/worker\/settings'?: additional properties 'QDRANT_API_KEY' not allowed/,
  ],
  [
    'a secret of the worker at the API',
    [minimal, 'api: { secretRefs: { SECRETS_KEY: { secret: { name: s } } } }'],
    /\/api\/secretRefs'?: additional properties 'SECRETS_KEY' not allowed/,
  ],
  [
    'the value of a secret in place of its place',
    [minimal, 'worker: { secretRefs: { SECRETS_KEY: hunter22 } }'],
    /\/worker\/secretRefs\/SECRETS_KEY'?: got string, want object/,
  ],
  [
    'two places of a secret',
    [minimal, 'worker: { secretRefs: { SECRETS_KEY: { csi: { path: k } } } }'],
    /\/worker\/secretRefs\/SECRETS_KEY'?: maxProperties: got 2, want 1/,
  ],
  [
    'a variable that the chart sets',
    [minimal, 'api: { settings: { API_PORT: 8080 } }'],
    /\/api\/settings'?: additional properties 'API_PORT' not allowed/,
  ],
  [
    'two values of what must be the same',
    [minimal, 'worker: { settings: { TASK_QUEUE: other } }'],
    /\/worker\/settings'?: additional properties 'TASK_QUEUE' not allowed/,
  ],
  [
    'a setting among variables of libraries',
    [minimal, 'environment: { LOG_LEVEL: warn }'],
    /\/environment': additional properties 'LOG_LEVEL' not allowed/,
  ],
  [
    'a misspelt value of the chart',
    [minimal, 'api: { replica: 3 }'],
    /\/api'?: additional properties 'replica' not allowed/,
  ],
  [
    'a queue that there is not',
    [minimal, 'worker: { deployments: { all: { queues: [tenants] } } }'],
    /\/worker\/deployments\/all\/queues\/0'?: value must be one of 'workflows'/,
  ],
  [
    'a queue that nobody polls',
    [minimal, 'worker: { deployments: { most: { queues: [workflows, postgres, mongodb, qdrant, webhooks] } } }'],
    /worker\.deployments: none of them polls the queue keycloak/,
  ],
  [
    'a reference to a vault at the API, which follows none',
    [minimal, 'api: { secretRefs: { OTEL_EXPORTER_OTLP_HEADERS: { vault: "vault://secret/a#b" } } }'],
    /\/api\/secretRefs\/OTEL_EXPORTER_OTLP_HEADERS'?: additional properties 'vault' not allowed/,
  ],
  [
    'a vault that is entered by a token that no pod has',
    [minimal, 'worker: { settings: { VAULT_ADDR: "https://v", VAULT_KUBERNETES_ROLE: r } }'],
    /worker\.settings\.VAULT_KUBERNETES_TOKEN_PATH: no pod has the token that is looked for by default/,
  ],
  [
    'one deployment for the builds of worker versions',
    [minimal, 'worker: { settings: { TEMPORAL_WORKER_DEPLOYMENT: freeflow } }'],
    /worker\.deployments: with worker versions \(TEMPORAL_WORKER_DEPLOYMENT\) each build is a deployment of its own/,
  ],
  [
    'a build of worker versions that follows the image of all',
    [minimal, 'worker: { settings: { TEMPORAL_WORKER_DEPLOYMENT: f }, deployments: { v1: {} } }'],
    /worker\.deployments\.v1\.image: with worker versions .* Name its tag or digest/,
  ],
  [
    'a queue that one of two builds does not poll',
    [valuesFile('minimal'), valuesFile('versions'), 'worker: { deployments: { v14: { queues: [workflows] } } }'],
    /worker\.deployments: none of them 1\.4\.0 of freeflow polls the queue postgres/,
  ],
  [
    'a build without an image whose version is its own setting',
    [minimal, 'worker: { deployments: { v1: { settings: { TEMPORAL_WORKER_DEPLOYMENT: f } } } }'],
    /worker\.deployments\.v1\.image: with worker versions/,
  ],
  [
    'one build id for two images, copied',
    [
      minimal,
      valuesFile('versions'),
      'worker: { deployments: { v15: { settings: { TEMPORAL_WORKER_BUILD_ID: "1.4.0" } } } }',
    ],
    /worker\.deployments\.v15: TEMPORAL_WORKER_BUILD_ID 1\.4\.0 is that of two images, \{"tag":"1\.4\.0"\} and/,
  ],
  [
    'one build id for two images, of all workers',
    [
      minimal,
      'worker: { settings: { TEMPORAL_WORKER_DEPLOYMENT: f, TEMPORAL_WORKER_BUILD_ID: b }, deployments: { v1: { image: { tag: "1" } }, v2: { image: { tag: "2" } } } }',
    ],
    /worker\.deployments\.v2: TEMPORAL_WORKER_BUILD_ID b is that of two images/,
  ],
  [
    'a build that KEDA does not know',
    [
      minimal,
      'worker: { keda: { enabled: true }, settings: { TEMPORAL_WORKER_DEPLOYMENT: f }, deployments: { v1: { image: { tag: "1" } } } }',
    ],
    /TEMPORAL_WORKER_BUILD_ID: KEDA has to know the build/,
  ],
  [
    'KEDA in plain text at a server with TLS',
    [minimal, 'worker: { keda: { enabled: true } }', 'temporal: { tls: { ca: { name: ca } } }'],
    /worker\.keda: KEDA speaks TLS to Temporal only with an API key or a client certificate/,
  ],
  ['no image', ['image: { tag: "1" }'], /\/image'?: missing property 'repository'/],
  [
    'nothing at all',
    [''],
    /missing property 'AUTH_ISSUER', 'AUTH_AUDIENCE'|missing properties 'AUTH_ISSUER', 'AUTH_AUDIENCE'/,
  ],
  [
    'no login for the migrations',
    [csi, 'migrate: { enabled: true }'],
    /\/migrate\/secretRefs'?: missing property 'MASTER_DATABASE_URL'/,
  ],
  [
    'no store to look up in',
    [minimal, 'worker: { secretRefs: { SECRETS_OLD_KEYS: { external: { key: k } } } }'],
    /externalSecrets\.store: name the SecretStore that worker\.secretRefs are looked up in/,
  ],
  [
    'no class to mount',
    [minimal, 'worker: { secretRefs: { SECRETS_OLD_KEYS: { csi: { path: k } } } }'],
    /worker\.secretProviderClass: worker\.secretRefs has csi/,
  ],
  [
    "Temporal's API key as a file",
    [minimal, 'temporal: { apiKey: { csi: { path: k } } }'],
    /temporal\.apiKey: the API key is read from the environment alone/,
  ],
  [
    'rules that lead nowhere',
    [minimal, 'monitoring: { rules: { enabled: true } }'],
    /monitoring\.rules\.documents: say where your people read docs\//,
  ],
];

const rendered = render(CASES.map(([, values]) => values));

describeChart('the chart refuses', () => {
  test.each(CASES.map(([what, , says], at) => ({ what, says, error: rendered[at]?.error ?? '' })))(
    '$what',
    ({ says, error }) => {
      expect(error).toMatch(says);
      expect(error).not.toMatch('hunter22');
    },
  );
});

describeChart('the chart takes', () => {
  const TAKEN: readonly [string, string][] = [
    [
      'webhooks that nobody sends',
      'worker: { settings: { WEBHOOK_SENDING: "off" }, deployments: { most: { queues: [workflows, postgres, mongodb, qdrant, keycloak] } } }',
    ],
    [
      'the first build beside workers without versions',
      'worker: { deployments: { plain: {}, v1: { image: { tag: "1" }, settings: { TEMPORAL_WORKER_DEPLOYMENT: f } } } }',
    ],
    ['numbers as text', 'worker: { settings: { RETENTION_MS: "604800000" } }'],
    ['values of the charts around it', 'global: { any: thing }'],
  ];
  const taken = render(TAKEN.map(([, values]) => [minimal, values]));
  test.each(TAKEN.map(([what], at) => ({ what, error: taken[at]?.error })))('$what', ({ error }) => {
    expect(error).toBe('');
  });
});
