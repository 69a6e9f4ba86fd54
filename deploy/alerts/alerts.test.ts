import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { METRIC_NAMES, METRICS, type MetricRow } from '@freeflow/lib/metrics';
import { projectRoot } from '../../stack/project';
import { readRules } from '../../test/support/alert-rules';
import { textOf } from '../../test/support/documents';
import { unknownLabels, unknownMetrics } from '../../test/support/metric-names';
import { findPrometheusProgram } from '../../test/support/prometheus';

const FOLDER = path.join(projectRoot(), 'deploy', 'alerts');
const CASES = path.join(FOLDER, 'tests', 'alerts.yaml');
const RULE_FILES = ['api', 'backends', 'operations', 'processes'].map((it) => path.join(FOLDER, `${it}.yaml`));
const { alerts, records } = readRules(FOLDER);
const runbook = textOf('docs/runbook.md');

/** Stands for where the documents are read; the page of the metrics says how it is replaced. */
const DOCUMENTS = 'https://freeflow.example/';

/** `FreeflowStepParked` as an anchor: `alert-step-parked`. */
const anchorOf = (alert: string): string =>
  alert.replace('Freeflow', 'alert').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

test('the rules are found', () => {
  expect(alerts.length).toBeGreaterThan(10);
  expect(records.length).toBeGreaterThan(0);
});

test.each(alerts)('$alert leads to its paragraph of the runbook', ({ alert, annotations }) => {
  const anchor = anchorOf(alert);
  expect(annotations.runbook_url).toBe(`${DOCUMENTS}docs/runbook.md#${anchor}`);
  expect(runbook).toContain(`<a id="${anchor}"></a>**${alert}**`);
});

test('where the documents are read is replaced as the page of the metrics says, in every rule', () => {
  const [, script = ''] = /`sed -i '([^']+)' [^`]+\/\*\.yaml`/.exec(textOf('docs/metrics.md')) ?? [];
  for (const file of RULE_FILES) {
    const { status, stdout } = spawnSync('sed', [script, file], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).not.toContain(new URL(DOCUMENTS).host);
    expect(stdout.match(/runbook_url: https:\/\/[\w./-]+\/docs\/runbook\.md#/g)).toHaveLength(
      alerts.filter(({ alert }) => stdout.includes(`alert: ${alert}\n`)).length,
    );
  }
});

test('the runbook has no paragraph on an alert that is none', () => {
  const anchors = [...runbook.matchAll(/<a id="(alert-[\w-]+)">/g)].map(([, anchor]) => anchor);
  expect(new Set(anchors)).toEqual(new Set(alerts.map(({ alert }) => anchorOf(alert))));
});

test('every metric and every label that a rule names is one that a process serves', () => {
  const expressions = [...alerts, ...records].map(({ expr }) => expr);
  expect(unknownMetrics(expressions)).toEqual([]);
  expect(unknownLabels(expressions)).toEqual([]);
});

test('every rule that an alert is made of is recorded', () => {
  const named = alerts.flatMap(({ expr }) => expr.match(/\bfreeflow:[\w:]+/g) ?? []);
  expect(named.filter((name) => !records.some((it) => it.record === name))).toEqual([]);
});

const namesIn = (expr: string, is: (row: MetricRow) => boolean): string[] =>
  METRIC_NAMES.filter((name) => is(METRICS[name]) && new RegExp(`\\b${name}\\b`).test(expr));

test('no alert is made of a counter that begins with its first event, which no rate sees', () => {
  const isBornLate = ({ type, labels, zeros }: MetricRow) =>
    type === 'counter' && zeros === undefined && Object.values(labels).includes(null);
  expect([...alerts, ...records].flatMap(({ expr }) => namesIn(expr, isBornLate))).toEqual([]);
});

const minutesOf = (duration: string): number =>
  Number.parseInt(duration, 10) * ({ m: 1, h: 60 }[duration.slice(-1)] ?? Number.NaN);

const onFacts = alerts.filter(({ expr }) => namesIn(expr, ({ of }) => of === 'installation').length > 0);

test.each(onFacts)(
  '$alert reads facts as they last were, so that a gap does not begin its wait anew; and for less than that wait',
  ({ expr, for: wait }) => {
    for (const name of namesIn(expr, ({ of }) => of === 'installation')) {
      const [, range = ''] = new RegExp(`last_over_time\\(${name}(?:\\{[^}]*\\})?\\[(\\w+)\\]\\)`).exec(expr) ?? [];
      expect(minutesOf(range)).toBeGreaterThan(0);
      expect(minutesOf(range)).toBeLessThan(wait === undefined ? Infinity : minutesOf(wait));
    }
  },
);

test.each(alerts)('there is a case in which $alert is raised', ({ alert }) => {
  expect(readFileSync(CASES, 'utf8')).toContain(`{alertname="${alert}"}`);
});

const promtool = findPrometheusProgram('promtool');

const suite = promtool === undefined ? describe.skip : describe;

suite('by promtool', () => {
  test('the rules are sound, and raised in those cases alone', () => {
    const run = (args: string[]) => spawnSync(promtool ?? '', args, { encoding: 'utf8' });
    for (const { status, stdout, stderr } of [run(['check', 'rules', ...RULE_FILES]), run(['test', 'rules', CASES])])
      expect({ status, output: status === 0 ? '' : `${stdout}${stderr}` }).toEqual({ status: 0, output: '' });
  });
});
