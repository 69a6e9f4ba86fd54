import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { adviceOn, FAILURES, type FailureType, RUNBOOK } from '@freeflow/contract';
import { NativeConnection } from '@temporalio/worker';
import { projectRoot } from '../stack/project';
import { registerSearchAttributes } from '../worker/search-attributes';
import { openActivityHarness, type ActivityHarness } from './support/activity-harness';
import { openOperator, type Operator } from './support/temporal';

const ROOT = projectRoot();
const page = readFileSync(path.join(ROOT, RUNBOOK), 'utf8');

/** What stands below each anchor, up to the next one or the next heading. */
const paragraphs = new Map(
  [...page.matchAll(/<a id="([\w-]+)"><\/a>([^]*?)(?=<a id=|\n#|$)/g)].map(([, anchor = '', text = '']) => [
    anchor,
    text,
  ]),
);
/** The anchors that readers of Markdown make of the headings. */
const headings = new Set(
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  ),
);
const findUnexplained = (anchors: string[]) => anchors.filter((it) => (paragraphs.get(it)?.length ?? 0) < 60);

let harness: ActivityHarness;
let operator: Operator;
beforeAll(async () => {
  harness = await openActivityHarness();
  operator = await openOperator(harness.info);
  // As a worker does when it starts; here there may have been none yet.
  const { address, namespace } = harness.info.temporal;
  const connection = await NativeConnection.connect({ address });
  await registerSearchAttributes(connection, namespace);
  await connection.close();
});
afterAll(async () => {
  await operator.close();
  await harness.close();
});

test('every step that is registered has a paragraph', () => {
  // Steps whose names go together share one.
  const shared = [
    'park',
    'begin-adoption',
    ...['adopt', 'relimit', 'issue', 'withdraw', 'retire'].flatMap((verb) =>
      ['postgres', 'mongodb', 'qdrant'].map((it) => `${it}.${verb}`),
    ),
  ];
  const steps = Object.keys(harness.activities);
  expect(steps).toEqual(expect.arrayContaining(['postgres.create', 'keycloak.drop', 'begin', 'mark-gone']));
  expect(findUnexplained(steps.filter((it) => !shared.includes(it)).map(anchorOf))).toEqual([]);
  expect(steps.map(anchorOf).filter((it) => !paragraphs.has(it))).toEqual([]);
});

test('every failure class has a paragraph, and its advice leads there', () => {
  const types = Object.keys(FAILURES) as FailureType[];
  expect(findUnexplained(types)).toEqual([]);
  expect(types.map(adviceOn).flatMap(linksIn)).toEqual(types);
});

test('every link to the page, and from it, leads somewhere', async () => {
  const { stdout } = await promisify(execFile)('git', ['ls-files', '*.md', '*.ts'], { cwd: ROOT });
  const links = stdout
    .split('\n')
    .filter((it) => it !== '' && !it.endsWith('.test.ts'))
    .flatMap((file) => linksIn(readFileSync(path.join(ROOT, file), 'utf8')));
  const within = [...page.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor = '']) => anchor);
  expect(within.length).toBeGreaterThan(20);
  expect([...links, ...within].filter((it) => !paragraphs.has(it) && !headings.has(it))).toEqual([]);
  const files = [...page.matchAll(/\]\(([\w/.-]+)\)/g)].map(([, file = '']) => path.join(ROOT, 'docs', file));
  expect(files.filter((it) => !existsSync(it))).toEqual([]);
});

const views = [...page.matchAll(/^\| ([^|]+) \| `([^`]+)` \|$/gm)].map(
  ([, view = '', query = '']) => [view, query] as const,
);

test('the page has views to save', () => {
  expect(views.map(([view]) => view)).toEqual(expect.arrayContaining(['stuck', 'rolling back', 'by tenant']));
});

test.each(views)('the view "%s" is a query that Temporal takes', async (_, query) => {
  expect(await operator.client.workflow.count(query)).toMatchObject({ count: expect.any(Number) });
});

// A batch would reach others' runs; its query and its flags stand in the other lines as well.
const commands = page.split('\n').filter((it) => it.startsWith('temporal ') && !it.includes('--yes'));

test.each(commands)('the CLI understands: %s', async (command) => {
  const {
    temporal: { cliPath, address, namespace },
  } = harness.info;
  // An external Temporal brings no CLI along.
  if (cliPath === undefined) return;
  const env = {
    ...process.env,
    PATH: `${path.dirname(cliPath)}:${process.env['PATH']}`,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    ID: '00000000-0000-4000-8000-000000000000',
  };
  const { stderr } = await promisify(execFile)('sh', ['-c', command], { env }).catch(
    (error: { stderr: string }) => error,
  );
  // No such tenant: all that may be wrong.
  expect(stderr.replace(/^Error: .*(not found|no rows)[^]*$/i, '')).toBe('');
});

const anchorOf = (step: string): string => step.replace('.', '-');
const linksIn = (text: string): string[] =>
  [...text.matchAll(/docs\/runbook\.md#([a-z-]+)/gi)].map(([, anchor = '']) => anchor);
