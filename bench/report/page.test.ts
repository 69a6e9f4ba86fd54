import { keepOthers } from './keep-others';
import { writePage } from './page';
import { plotsOf } from './plots';
import { rowOf, type Outcome, type Report } from './schema';

const measured = { at: '2026-11-27T12:00:00.000Z', command: 'npm run bench', commit: 'abc' };

const create: Outcome = {
  name: 'create',
  title: 'Create',
  about: 'One by one.',
  state: 'done',
  reason: null,
  seconds: 1,
  measured,
  result: {
    groups: [
      {
        title: 'Time',
        unit: 'ms',
        plot: 'ranges',
        rows: [rowOf('create: FreeFlow', [200, 210, 400]), rowOf('create: script', [500, 560, 600])],
      },
      { title: 'Pairs', unit: '×', plot: 'none', rows: [rowOf('create', [0.4, 0.375, 0.667])] },
      {
        title: 'Growth',
        unit: 'ms',
        plot: 'lines',
        axis: 'living tenants',
        rows: [rowOf('FreeFlow', [200], 10), rowOf('FreeFlow', [230], 100)],
      },
    ],
    notes: ['A note.'],
    timeline: { title: 'One create', spans: [{ lane: 'begin', label: 'activity', startMs: 1, endMs: 9 }] },
  },
};
const failed: Outcome = {
  ...create,
  name: 'kill',
  title: 'Kill',
  state: 'failed',
  reason: 'it fell',
  measured: { ...measured, commit: 'older' },
  result: null,
};
const report: Report = {
  version: 1,
  command: measured.command,
  startedAt: '2026-11-27T12:00:00.000Z',
  endedAt: '2026-11-27T12:30:00.000Z',
  isQuick: false,
  machine: {
    cpu: 'A processor',
    cores: 2,
    memoryGb: 8,
    system: 'Linux 6',
    loadBefore: 0.1,
    versions: { Node: '24.21.0' },
    commit: measured.commit,
  },
  outcomes: [create, failed],
};
const page = (before = '') => writePage(report, before, plotsOf(report));

test('the page names machine, versions, commit and command', () => {
  for (const it of ['A processor, 2 cores, 8 GB', 'Node 24.21.0', '`abc`', '`npm run bench`'])
    expect(page()).toContain(it);
});

test('each figure is shown with its spread, and each ratio at the top', () => {
  expect(page()).toContain('| create: FreeFlow | 3 | 200 | 210 | 362 | 400 |');
  expect(page()).toContain('| Create: create | 0.40 | 0.38 to 0.61 | 3 |');
  expect(page()).toContain('| FreeFlow | 100 | 1 | 230 | 230 | 230 | 230 |');
});

test('a page says when the machine was busy, and only then', () => {
  const busy = { ...report, machine: { ...report.machine, loadBefore: 1 } };
  expect(writePage(busy, '', [])).toContain('The machine was busy');
  expect(page()).not.toContain('busy');
});

test('a scenario that failed is shown as failed, and figures of another run as of another run', () => {
  const [, kill = ''] = page().split('## Kill');
  expect(kill).toContain('**Failed**: it fell.');
  expect(kill).toContain('commit `older`');
  expect(page().split('## Kill')[0]).not.toContain('Of another run');
});

test('the section of many tenants stays as another command has written it, wherever it stands', () => {
  const own = '## Many tenants\n\nFlat.\n\n### Plans\n\n| a |\n| --- |\n\n## What is missed, and why\n\nThe engine.';
  for (const before of [`# Performance\n\n${own}\n`, `# Performance\n\n${own}\n\n## Create\n\nOld.\n`]) {
    expect(page(before).endsWith(`${own}\n`)).toBe(true);
    expect(page(before)).not.toContain('Old.');
  }
});

test('writing the page again changes nothing', () => {
  const once = page('# Performance\n\n## Many tenants\n\nFlat.\n');
  expect(page(once)).toBe(once);
});

test('every plot of the page is a file, and none is forgotten', () => {
  const plots = plotsOf(report);
  expect(plots.map(({ file }) => file)).toEqual(['create-timeline.svg', 'create-1.svg', 'create-3.svg']);
  for (const { file, svg } of plots) {
    expect(page()).toContain(`(performance/${file})`);
    expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/);
  }
});

test('plots have no background, and no ink that is lost on white or on black', () => {
  for (const { svg } of plotsOf(report)) {
    // A path that only clips others is not seen.
    expect(svg.replaceAll(/<defs[^]*?<\/defs>/g, '')).not.toMatch(/fill="(#fff|#ffffff|white|#000|#000000|black)"/);
    expect(svg).toContain('fill="#6e7781"');
  }
});

test('plots show labels, figures and bars', () => {
  const [timeline, ranges, lines] = plotsOf(report).map(({ svg }) => svg);
  expect(ranges).toContain('create: script');
  expect(ranges).toMatch(/>210</);
  expect(ranges).toContain('#d4762c');
  expect(timeline).toContain('begin');
  expect(lines).toContain('living tenants');
});

test('a run of some scenarios leaves the others, in their order, as an earlier run has measured them', () => {
  const later: Report = {
    ...report,
    command: 'npm run bench -- --only kill',
    outcomes: [{ ...failed, state: 'done' }],
  };
  const { outcomes, command } = keepOthers(report, later, ['create', 'kill']);
  expect(outcomes.map(({ name, state }) => `${name} ${state}`)).toEqual(['create done', 'kill done']);
  expect(command).toBe(later.command);
  expect(keepOthers(report, later, ['kill']).outcomes).toHaveLength(1);
});
