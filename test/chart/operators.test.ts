import { readFileSync } from 'node:fs';
import path from 'node:path';
import { queueNameOf, WORKER_QUEUES, type WorkerQueue } from '@freeflow/contract';
import { dashboardFiles } from '../../deploy/dashboards/dashboards';
import { projectRoot } from '../../stack/project';
import { readRules } from '../support/alert-rules';
import { describeChart, packedFiles, render, VALUE_SETS, valueSet, type Manifest } from './helm';
import { containerOf, find, podOf, valueOf } from './pods';

// Kinds of operators, whose schemas are in no package: each field that matters, by their documentation.

const rendered = render(VALUE_SETS.map(valueSet));
const of = (set: (typeof VALUE_SETS)[number]): Manifest[] => rendered[VALUE_SETS.indexOf(set)]?.objects ?? [];

interface Trigger {
  type: string;
  metadata: Record<string, string>;
  authenticationRef?: { name: string };
}
const triggersOf = (it: Manifest) => it.spec['triggers'] as Trigger[];

describeChart('KEDA (keda.sh/v1alpha1)', () => {
  const queuesOf = (queues: readonly WorkerQueue[], taskQueue: string) =>
    queues.map((it) => [queueNameOf(taskQueue, it), it === 'workflows' ? 'workflow,activity' : 'activity']);
  const seen = (it: Manifest) => triggersOf(it).map(({ metadata }) => [metadata['taskQueue'], metadata['queueTypes']]);

  test('scales the workers by every queue that they poll, and nothing else sets their number', () => {
    const scaled = find(of('production'), 'ScaledObject', '-worker');
    expect(scaled.spec).toMatchObject({
      scaleTargetRef: { name: 'freeflow-worker' },
      minReplicaCount: 2,
      maxReplicaCount: 8,
      pollingInterval: 30,
      cooldownPeriod: 300,
    });
    expect(seen(scaled)).toEqual(queuesOf(WORKER_QUEUES, 'freeflow-eu'));
    expect(find(of('production'), 'Deployment', '-worker').spec).not.toHaveProperty('replicas');
    for (const { type, metadata } of triggersOf(scaled)) {
      expect([type, metadata['endpoint'], metadata['namespace']]).toEqual([
        'temporal',
        'temporal-frontend.temporal:7233',
        'default',
      ]);
      expect(Object.values(metadata).filter((it) => typeof it !== 'string')).toEqual([]);
    }
  });

  test('is off where nobody asks for it, and on for one deployment that does', () => {
    expect(of('minimal').filter(({ apiVersion }) => apiVersion.startsWith('keda'))).toEqual([]);
    const scaled = find(of('queues-apart'), 'ScaledObject', '-worker-webhooks');
    expect(of('queues-apart').filter(({ kind }) => kind === 'ScaledObject')).toEqual([scaled]);
    expect(scaled.spec).toMatchObject({ minReplicaCount: 1, maxReplicaCount: 3 });
    expect(seen(scaled)).toEqual(queuesOf(['webhooks'], 'freeflow'));
    expect(triggersOf(scaled)[0]).toMatchObject({ metadata: { minConnectTimeout: '10' } });
    expect(triggersOf(scaled)[0]).not.toHaveProperty('authenticationRef');
  });

  test('enters Temporal as API and workers do', () => {
    expect(find(of('temporal-cloud'), 'TriggerAuthentication', '-temporal').spec).toEqual({
      secretTargetRef: [
        { parameter: 'apiKey', name: 'temporal', key: 'api-key' },
        { parameter: 'cert', name: 'temporal-client', key: 'tls.crt' },
        { parameter: 'key', name: 'temporal-client', key: 'tls.key' },
        { parameter: 'ca', name: 'temporal-ca', key: 'ca.crt' },
      ],
    });
    const triggers = triggersOf(find(of('temporal-cloud'), 'ScaledObject', '-worker'));
    expect(
      triggers.map(({ authenticationRef, metadata }) => [authenticationRef?.name, metadata['tlsServerName']]),
    ).toEqual(triggers.map(() => ['freeflow-temporal', 'freeflow.a1b2c.tmprl.cloud']));
    expect(find(of('external-secrets'), 'TriggerAuthentication', '-temporal').spec).toEqual({
      secretTargetRef: [{ parameter: 'apiKey', name: 'freeflow-worker', key: 'TEMPORAL_API_KEY' }],
    });
  });
});

describeChart('workers in deployments of their own', () => {
  test('may be of two builds, each with its image; migrations are ahead of the API', () => {
    const seen = (name: string, kind = 'Deployment') => {
      const it = find(of('versions'), kind, name);
      return [containerOf(it).image, valueOf(it, 'TEMPORAL_WORKER_BUILD_ID'), valueOf(it, 'WORKER_QUEUES')];
    };
    expect(seen('-worker-v14')).toEqual(['registry.example/freeflow:1.4.0', '1.4.0', undefined]);
    expect(seen('-worker-v15')).toEqual(['registry.example/freeflow:1.5.0', '1.5.0', undefined]);
    expect(seen('-api')[0]).toBe('registry.example/freeflow:1.4.0');
    expect(seen('-migrate', 'Job')[0]).toBe('registry.example/freeflow:1.5.0');
    const triggers = triggersOf(find(of('versions'), 'ScaledObject', '-worker-v15'));
    expect(triggers.length).toBe(WORKER_QUEUES.length);
    for (const { metadata } of triggers)
      expect(metadata).toMatchObject({ workerDeploymentName: 'freeflow', workerDeploymentBuildId: '1.5.0' });
  });

  test('of a build can be replaced by no other: their selector, which nobody may change, tells them apart', () => {
    const [edited, settings] = render([
      [...valueSet('versions'), 'worker: { deployments: { v14: { image: { tag: "1.4.1" } } } }'],
      [...valueSet('versions'), 'worker: { settings: { RETENTION_MS: 1000 } }'],
    ]);
    const selectorOf = (objects: readonly Manifest[] = [], name = '-worker-v14') =>
      find(objects, 'Deployment', name).spec['selector'];
    expect(selectorOf(edited?.objects)).not.toEqual(selectorOf(of('versions')));
    expect(selectorOf(edited?.objects, '-worker-v15')).toEqual(selectorOf(of('versions'), '-worker-v15'));
    expect(selectorOf(settings?.objects)).toEqual(selectorOf(of('versions')));
    expect(JSON.stringify(selectorOf(of('minimal'), '-worker'))).not.toContain('freeflow/build');
  });

  test('warn whoever would roll back by Helm first, where there are builds', () => {
    const notesOf = (set: (typeof VALUE_SETS)[number]) => rendered[VALUE_SETS.indexOf(set)]?.notes ?? '';
    expect(notesOf('versions').match(/Never begin with helm rollback/g)).toHaveLength(1);
    expect(notesOf('minimal')).not.toContain('helm rollback');
  });

  test('poll the queues of their deployment, all together every one', () => {
    const polled = of('queues-apart')
      .filter(({ kind, metadata }) => kind === 'Deployment' && metadata.name !== 'freeflow-api')
      .flatMap((it) => valueOf(it, 'WORKER_QUEUES')?.split(',') ?? []);
    expect(polled.length).toBe(WORKER_QUEUES.length);
    expect(new Set(polled)).toEqual(new Set(WORKER_QUEUES));
  });
});

describeChart('the External Secrets Operator (external-secrets.io/v1)', () => {
  test('makes a Secret for each process, with what it needs and no more', () => {
    const made = of('external-secrets').filter(({ kind }) => kind === 'ExternalSecret');
    expect(made.map(({ metadata }) => metadata.name).toSorted()).toEqual([
      'freeflow-api',
      'freeflow-migrate',
      'freeflow-worker',
    ]);
    for (const { apiVersion, metadata, spec } of made) {
      expect(apiVersion).toBe('external-secrets.io/v1');
      expect(spec).toMatchObject({
        refreshInterval: '1h',
        secretStoreRef: { name: 'platform', kind: 'ClusterSecretStore' },
        target: { name: metadata.name, creationPolicy: 'Owner' },
      });
    }
    expect(find(of('external-secrets'), 'ExternalSecret', '-api').spec['data']).toEqual([
      { secretKey: 'MASTER_DATABASE_URL', remoteRef: { key: 'freeflow/api', property: 'url' } },
      { secretKey: 'TEMPORAL_API_KEY', remoteRef: { key: 'freeflow/temporal', property: 'apiKey' } },
    ]);
    expect(find(of('external-secrets'), 'ExternalSecret', '-worker').spec['data']).toContainEqual({
      secretKey: 'SECRETS_KEY',
      remoteRef: { key: 'freeflow/worker', property: 'secretsKey', version: '2' },
    });
  });
});

describeChart('a vault', () => {
  test('is entered by a token for it alone, and asked by the workers themselves', () => {
    const worker = find(of('vault'), 'Deployment', '-worker');
    expect(podOf(worker).volumes).toContainEqual({
      name: 'tokens',
      projected: {
        defaultMode: 0o440,
        sources: [{ serviceAccountToken: { path: 'vault', audience: 'vault', expirationSeconds: 600 } }],
      },
    });
    expect(valueOf(worker, 'POSTGRES_ADMIN_URL')).toBe('vault://secret/freeflow-logins/postgres#POSTGRES_ADMIN_URL');
    expect(valueOf(worker, 'POSTGRES_ADMIN_URL_FILE')).toBeUndefined();
    expect(podOf(find(of('vault'), 'Deployment', '-api')).volumes.map(({ name }) => name)).toEqual(['tmp', 'secrets']);
  });
});

describeChart('the Secrets Store CSI driver (secrets-store.csi.x-k8s.io/v1)', () => {
  test('mounts a class of ours, or one that is there', () => {
    expect(find(of('csi'), 'SecretProviderClass', '-api')).toMatchObject({
      apiVersion: 'secrets-store.csi.x-k8s.io/v1',
      spec: {
        provider: 'vault',
        parameters: { roleName: 'freeflow-api' },
        secretObjects: [{ secretName: 'temporal-api-key' }],
      },
    });
    expect(of('csi').filter(({ kind }) => kind === 'SecretProviderClass')).toHaveLength(1);
    for (const [name, secretProviderClass] of [
      ['-api', 'freeflow-api'],
      ['-worker', 'freeflow-worker-vault'],
    ] as const)
      expect(find(of('csi'), 'Deployment', name).spec).toMatchObject({
        template: {
          spec: {
            volumes: expect.arrayContaining([
              {
                name: 'csi',
                csi: { driver: 'secrets-store.csi.k8s.io', readOnly: true, volumeAttributes: { secretProviderClass } },
              },
            ]),
          },
        },
      });
  });
});

describeChart('the Prometheus Operator (monitoring.coreos.com/v1)', () => {
  const labels = { release: 'kube-prometheus-stack' };

  test('scrapes the processes by the names of the jobs that the rules know, at ports that there are', () => {
    const endpoint = (port: string, job: string) => ({
      port,
      path: '/metrics',
      interval: '30s',
      relabelings: [{ targetLabel: 'job', replacement: job }],
    });
    const service = find(of('production'), 'ServiceMonitor', '-api');
    expect(service).toMatchObject({ apiVersion: 'monitoring.coreos.com/v1', metadata: { labels } });
    expect(service.spec['endpoints']).toEqual([endpoint('http', 'freeflow-api')]);
    expect(find(of('production'), 'Service', '-api').spec['ports']).toEqual([
      { name: 'http', port: 80, targetPort: 'http' },
    ]);

    const pods = find(of('production'), 'PodMonitor', '-worker');
    expect(pods).toMatchObject({ apiVersion: 'monitoring.coreos.com/v1', metadata: { labels } });
    expect(pods.spec['podMetricsEndpoints']).toEqual([
      endpoint('health', 'freeflow-worker'),
      endpoint('sdk-metrics', 'freeflow-temporal-sdk'),
    ]);
    const { ports, env } = containerOf(find(of('production'), 'Deployment', '-worker'));
    expect(ports?.map(({ name }) => name)).toEqual(['health', 'sdk-metrics']);
    expect(env).toContainEqual({ name: 'WORKER_SDK_METRICS_ADDRESS', value: '0.0.0.0:3002' });
    const policy = find(of('production'), 'NetworkPolicy', '-worker').spec['ingress'];
    expect(policy).toMatchObject([{ ports: [{ port: 'health' }, { port: 'sdk-metrics' }] }]);
    const rules = readFileSync(path.join(projectRoot(), 'deploy/alerts/processes.yaml'), 'utf8');
    for (const job of ['freeflow-api', 'freeflow-worker']) expect(rules).toContain(`absent(up{job="${job}"})`);
  });

  test('minds the very rules of the product, whose links lead to where the documents are read', () => {
    const rule = find(of('production'), 'PrometheusRule');
    expect(rule).toMatchObject({ apiVersion: 'monitoring.coreos.com/v1', metadata: { labels } });
    const groups = rule.spec['groups'] as {
      name: string;
      rules: { alert?: string; annotations?: Record<string, string> }[];
    }[];
    const rules = groups.flatMap((it) => it.rules);
    const { alerts, records } = readRules(path.join(projectRoot(), 'deploy', 'alerts'));
    const documents = 'https://git.example.org/platform/freeflow/blob/main/';
    const moved = alerts.map((it) => ({
      ...it,
      annotations: {
        ...it.annotations,
        runbook_url: it.annotations.runbook_url.replace('https://freeflow.example/', documents),
      },
    }));
    expect(rules.filter(({ alert }) => alert !== undefined)).toEqual(moved);
    expect(rules.filter(({ alert }) => alert === undefined)).toEqual(records);
  });
});

describeChart('Grafana', () => {
  test('gets the very dashboards of the product', () => {
    const maps = of('production').filter(({ kind }) => kind === 'ConfigMap');
    expect(maps.map(({ data = {} }) => Object.values(data).map((it) => JSON.parse(it) as unknown)).flat()).toEqual(
      dashboardFiles()
        .toSorted((one, other) => (one.file < other.file ? -1 : 1))
        .map(({ text }) => JSON.parse(text) as unknown),
    );
    for (const { metadata } of maps)
      expect(metadata).toMatchObject({
        labels: { grafana_dashboard: '1' },
        annotations: { grafana_folder: 'FreeFlow' },
      });
  });
});

describeChart('a packed chart', () => {
  test('holds what its links lead to, and neither tests nor examples', () => {
    const [packed] = render([valueSet('production')], { isPacked: true });
    expect(packed).toEqual(rendered[VALUE_SETS.indexOf('production')]);
    const folders = new Set(packedFiles().map((it) => path.dirname(it)));
    expect(folders).toEqual(new Set(['.', 'files', 'files/alerts', 'files/dashboards']));
    expect(packedFiles().filter((it) => /\.(ts|md)$/.test(it))).toEqual([]);
  });
});

describeChart('Gateway API (gateway.networking.k8s.io/v1)', () => {
  test('leads to the API, and ends no stream', () => {
    expect(find(of('production'), 'HTTPRoute', '-api')).toMatchObject({
      apiVersion: 'gateway.networking.k8s.io/v1',
      spec: {
        parentRefs: [{ name: 'public', namespace: 'gateways' }],
        hostnames: ['freeflow.example'],
        rules: [{ backendRefs: [{ name: 'freeflow-api', port: 80 }], timeouts: { request: '0s' } }],
      },
    });
  });
});
