import type { Manifest } from './helm';

/** A variable of a container. */
export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { name: string; key: string } };
}

interface Probe {
  httpGet: { path: string; port: string };
}

/** A container of ours, as far as tests look. */
export interface Container {
  name: string;
  image: string;
  command: string[];
  env: EnvVar[];
  ports?: { name: string; containerPort: number }[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  volumeMounts: { name: string; mountPath: string }[];
  resources: { limits: { memory: string }; requests: { memory: string } };
}

interface Volume {
  name: string;
  projected?: {
    sources: {
      secret?: { name: string; items: { key: string; path: string }[] };
      serviceAccountToken?: { path: string; audience: string };
    }[];
  };
}

export interface Pod {
  serviceAccountName: string;
  terminationGracePeriodSeconds?: number;
  containers: [Container];
  volumes: Volume[];
}

const POD_KINDS = ['Deployment', 'Job'];
export const withPods = (objects: readonly Manifest[]): Manifest[] =>
  objects.filter(({ kind }) => POD_KINDS.includes(kind));

export const podOf = ({ spec }: Manifest): Pod => (spec['template'] as { spec: Pod }).spec;
export const containerOf = (it: Manifest): Container => podOf(it).containers[0];
/** Its labels, by which Services, policies and budgets find it. */
export const podLabels = ({ spec }: Manifest): Record<string, string> =>
  (spec['template'] as { metadata: { labels: Record<string, string> } }).metadata.labels;

export const valueOf = (it: Manifest, variable: string): string | undefined =>
  containerOf(it).env.find(({ name }) => name === variable)?.value;

/** The object of that kind whose name ends so. */
export function find(objects: readonly Manifest[], kind: string, name = ''): Manifest {
  const found = objects.filter((it) => it.kind === kind && it.metadata.name === `freeflow${name}`);
  const [one] = found;
  if (one === undefined || found.length > 1) throw new Error(`${found.length} of ${kind} freeflow${name}`);
  return one;
}
