import { laxSettings, settingText } from './parameters';

const isLax = (name: string, value: string, limits: object): boolean =>
  laxSettings([{ name, value }], limits).length === 1;

test.each([
  ['statement_timeout', '0', true],
  ['statement_timeout', '-1', true],
  ['statement_timeout', '30s', false],
  ['statement_timeout', '30000', false],
  ['statement_timeout', '30001', true],
  ['statement_timeout', '0.5min', false],
  ['statement_timeout', '1h', true],
  ['statement_timeout', 'what?', true],
  ['work_mem', '4MB', false],
  ['work_mem', '4096', false],
  ['work_mem', '1GB', true],
  ['search_path', 'app', false],
])('%s set to %s by a tenant lifts its limit: %s', (name, value, expected) => {
  expect(isLax(name, value, { statement_timeout: '30000', work_mem: '4096' })).toBe(expected);
});

test('what the plan does not limit is not lifted', () => {
  expect(isLax('statement_timeout', '0', { work_mem: '4096' })).toBe(false);
});

test('the server is told numbers in its own units', () => {
  expect([settingText('statement_timeout', 30_000), settingText('temp_file_limit', 1024 ** 3)]).toEqual([
    '30000',
    '1048576',
  ]);
});
