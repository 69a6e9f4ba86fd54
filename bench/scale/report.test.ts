import { replaceSection, sectionOf, type ScaleReport } from './report';

const times = { p50: 4, p99: 9.25 };
const REPORT: ScaleReport = {
  measuredAt: '2026-11-27T11:00:00.000Z',
  command: 'npm run bench:scale',
  machine: { cpu: 'a processor', cores: 2, memoryGb: 24, loadBefore: 0.1 },
  node: '24.21.0',
  postgres: '18.6',
  commit: 'abc1234',
  few: 1_000,
  many: 100_000,
  rounds: 100,
  calls: [
    { name: 'by name', rows: 3, tablesReadWhole: [], small: times, large: { p50: 5, p99: 9.25 }, ratio: 1.25 },
    { name: 'stuck', rows: 100_000, tablesReadWhole: ['Tenant'], small: times, large: times, ratio: 1 },
  ],
  filters: { combinations: 436, mostRows: 250, route: '/tenants?step=x', tablesReadWhole: [] },
  idle: { seconds: 60, statements: 24, rows: 0, tablesReadWhole: [] },
};

test('each call has a row, with the tables that it reads through', () => {
  const section = sectionOf(REPORT);
  expect(section).toContain('| by name | 4.0 | 5.0 | 1.25 | 9.3 | 3 | - |');
  expect(section).toContain('| stuck | 4.0 | 4.0 | 1.00 | 9.3 | 100000 | Tenant |');
});

test('the section takes the place of the one before it, and of nothing else', () => {
  const page = '# Performance\n\n## Create\n\nfigures\n\n## Many tenants\n\nold\n\n### Below\n\n## Idle\n\nmore\n';
  expect(replaceSection(page, '## Many tenants\n\nnew\n')).toBe(
    '# Performance\n\n## Create\n\nfigures\n\n## Many tenants\n\nnew\n\n## Idle\n\nmore\n',
  );
  expect(replaceSection('# Performance\n', '## Many tenants\n\nnew\n')).toBe(
    '# Performance\n\n## Many tenants\n\nnew\n',
  );
  const whole = '# Performance\n\n## Many tenants\n\nnew\n';
  expect(replaceSection(whole, '## Many tenants\n\nnew\n')).toBe(whole);
});
