import { CLOSE_WITHIN_MS } from '../../api/config';
import { AFTER_GRACE_MS } from '../../worker/config';
import { describeChart, KUBERNETES, render, VALUE_SETS, valueSet } from './helm';
import { containerOf, find, podLabels, podOf, valueOf, withPods } from './pods';

const rendered = render(VALUE_SETS.map(valueSet), { kubernetes: KUBERNETES });
const sets = VALUE_SETS.flatMap((set, at) => {
  const it = rendered[at];
  return it === undefined ? [] : [{ set, ...it }];
});
const objectsOf = (set: (typeof VALUE_SETS)[number]) => sets.find((it) => it.set === set)?.objects ?? [];

describeChart('by every set of values', () => {
  test.each(sets)('$set: Helm renders and lints it, Kubernetes takes it', ({ error, objects, lint, invalid }) => {
    expect({ error, lint, invalid }).toEqual({ error: '', lint: [], invalid: [] });
    expect(objects.length).toBeGreaterThan(5);
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names.length).toBe(new Set(names).size);
  });

  test('what the schemas of Kubernetes do not know is tested here', () => {
    // Their operators bring the schemas along, as definitions in a cluster; no registry has them as a package.
    expect([...new Set(sets.flatMap(({ unchecked }) => unchecked))].toSorted()).toEqual([
      'ExternalSecret',
      'HTTPRoute',
      'PodMonitor',
      'PrometheusRule',
      'ScaledObject',
      'SecretProviderClass',
      'ServiceMonitor',
      'TriggerAuthentication',
    ]);
  });

  test.each(sets)('$set: no Secret is made, and no text of one', ({ objects }) => {
    expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });

  test.each(sets)('$set: no process has more rights than it needs', ({ set, objects }) => {
    for (const it of withPods(objects)) {
      const user = set === 'csi' ? {} : { runAsUser: 10_001, runAsGroup: 10_001, fsGroup: 10_001 };
      expect(podOf(it)).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' }, ...user },
      });
      expect(Object.keys((podOf(it) as unknown as { securityContext: object }).securityContext)).toHaveLength(
        2 + Object.keys(user).length,
      );
      expect(containerOf(it)).toMatchObject({
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      });
      expect(podOf(it)).toMatchObject({
        volumes: expect.arrayContaining([{ name: 'tmp', emptyDir: { sizeLimit: '64Mi' } }]),
      });
    }
    const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount');
    expect(
      withPods(objects)
        .map((it) => podOf(it).serviceAccountName)
        .filter((it) => !accounts.some(({ metadata }) => metadata.name === it)),
    ).toEqual([]);
    expect(
      accounts.filter(
        (it) => (it as { automountServiceAccountToken?: boolean }).automountServiceAccountToken !== false,
      ),
    ).toEqual([]);
  });

  test.each(sets)('$set: a process has its time to end, and some more', ({ objects }) => {
    for (const it of objects.filter(({ kind }) => kind === 'Deployment')) {
      const grace = (podOf(it).terminationGracePeriodSeconds ?? 0) * 1_000;
      const isApi = containerOf(it).name === 'api';
      // Its way out of the Service; the activities of a worker.
      const before = isApi ? 5_000 : Number(valueOf(it, 'WORKER_GRACE_MS') ?? 20_000);
      const least = before + (isApi ? CLOSE_WITHIN_MS : AFTER_GRACE_MS);
      expect(grace).toBeGreaterThanOrEqual(least + 5_000);
      expect(grace).toBeLessThanOrEqual(least + 10_000);
    }
  });

  test.each(sets)('$set: probes ask what there is, at a port that is open', ({ objects }) => {
    for (const it of objects.filter(({ kind }) => kind === 'Deployment')) {
      const { name, ports = [], startupProbe, livenessProbe, readinessProbe } = containerOf(it);
      const asked = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet);
      const port = name === 'api' ? 'http' : 'health';
      expect(asked).toEqual(['live', 'live', 'ready'].map((what) => ({ path: `/health/${what}`, port })));
      const set = valueOf(it, name === 'api' ? 'API_PORT' : 'WORKER_HEALTH_PORT');
      expect(ports.find((open) => open.name === port)?.containerPort).toBe(Number(set));
      expect(valueOf(it, name === 'api' ? 'API_HOST' : 'WORKER_HEALTH_HOST')).toBe('0.0.0.0');
    }
  });

  test.each(sets)('$set: Services, budgets and policies each find pods, and no two budgets the same', ({ objects }) => {
    const labels = withPods(objects).map(podLabels);
    const found = (selector: Record<string, string>) =>
      labels.filter((of) => Object.entries(selector).every(([key, value]) => of[key] === value));
    const selectorOf = ({ spec }: (typeof objects)[number]) => {
      const { selector, podSelector } = spec as Record<
        string,
        { matchLabels?: Record<string, string> } & Record<string, string>
      >;
      return podSelector?.matchLabels ?? selector?.matchLabels ?? (selector as Record<string, string>);
    };
    const selecting = objects.filter(({ kind }) =>
      /^(Service|PodDisruptionBudget|NetworkPolicy|ServiceMonitor|PodMonitor|Deployment)$/.test(kind),
    );
    expect(selecting.filter((it) => it.kind !== 'ServiceMonitor' && found(selectorOf(it)).length === 0)).toEqual([]);
    for (const kind of ['PodDisruptionBudget', 'Deployment'])
      expect(selecting.filter((it) => it.kind === kind).map((it) => found(selectorOf(it)).length)).toEqual(
        selecting.filter((it) => it.kind === kind).map(() => 1),
      );
  });
});

describeChart('migrations', () => {
  const hooks = (set: (typeof VALUE_SETS)[number]) =>
    objectsOf(set).filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined);

  test('run before each install and upgrade, after what they need', () => {
    for (const it of hooks('external-secrets'))
      expect(it.metadata.annotations).toMatchObject({
        'helm.sh/hook': 'pre-install,pre-upgrade',
        // No release owns them: what leads to the owner's login would stay for ever.
        'helm.sh/hook-delete-policy':
          it.kind === 'Job' ? 'before-hook-creation' : 'before-hook-creation,hook-succeeded',
        'helm.sh/hook-weight': it.kind === 'Job' ? '0' : '-5',
      });
    expect(
      hooks('external-secrets')
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
        .toSorted(),
    ).toEqual([
      'ExternalSecret freeflow-migrate',
      'Job freeflow-migrate',
      'NetworkPolicy freeflow-migrate',
      'ServiceAccount freeflow-migrate',
    ]);
    expect(containerOf(find(objectsOf('external-secrets'), 'Job', '-migrate')).command).toEqual(['migrate']);
  });

  test('are left out, with all that is theirs, where they are run elsewhere', () => {
    expect(objectsOf('csi').filter(({ metadata }) => /migrate/.test(metadata.name))).toEqual([]);
  });

  test('are the only ones with the login of the owner', () => {
    const secretsOf = (name: string, kind = 'Deployment') =>
      podOf(find(objectsOf('minimal'), kind, name)).volumes.flatMap(
        ({ projected }) => projected?.sources.map(({ secret }) => secret?.name) ?? [],
      );
    expect(new Set(secretsOf('-migrate', 'Job'))).toEqual(new Set(['freeflow-owner']));
    expect(new Set(secretsOf('-api'))).toEqual(new Set(['freeflow-api']));
    expect(new Set(secretsOf('-worker'))).toEqual(new Set(['freeflow-worker']));
  });
});

describeChart('the notes', () => {
  test('name what there is', () => {
    const { notes = '', objects = [] } = sets.find(({ set }) => set === 'queues-apart') ?? {};
    const named = [...notes.matchAll(/rollout status deployment\/(\S+)/g)].map(([, name = '']) => name);
    expect(named.toSorted()).toEqual(
      objects
        .filter(({ kind }) => kind === 'Deployment')
        .map(({ metadata }) => metadata.name)
        .toSorted(),
    );
    expect(notes).toContain('port-forward service/freeflow-api 3000:80');
    expect(sets.find(({ set }) => set === 'production')?.notes).toContain(
      'freeflow login --api https://freeflow.example',
    );
  });
});
