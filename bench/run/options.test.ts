import { readOptions as read, UsageError, usageOf } from './options';

const SCENARIOS = [
  { name: 'create', title: 'Create' },
  { name: 'growth', title: 'Growth', isLongOnly: true },
];
const readOptions = (args: string[]) => read(args, SCENARIOS);

test('without options everything is measured, on the stack of npm start', () => {
  expect(readOptions([])).toEqual({
    isQuick: false,
    only: [],
    n: undefined,
    dir: '.freeflow',
    json: 'docs/performance/latest.json',
    temporalAddress: undefined,
    isPageOnly: false,
  });
});

test('scenarios are chosen by their names', () => {
  expect(readOptions(['--quick', '--only', 'create,growth', '--n', '2'])).toMatchObject({
    isQuick: true,
    only: ['create', 'growth'],
    n: 2,
  });
});

test.each([
  ['an unknown scenario', ['--only', 'create,nonsense']],
  ['an unknown option', ['--fast']],
  ['a count that is none', ['--n', '0']],
])('%s is refused before anything is measured', (_what, args) => {
  expect(() => readOptions(args)).toThrow(UsageError);
});

test('help is no run, and names every scenario', () => {
  expect(readOptions(['--help'])).toBeUndefined();
  expect(usageOf(SCENARIOS)).toMatch(/create +Create\n +growth +\* Growth/);
});
