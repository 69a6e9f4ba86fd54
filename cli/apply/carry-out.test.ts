import { exitCodeOf, type Result } from './carry-out';

const code = (...outcomes: Result['outcome'][]) =>
  exitCodeOf(outcomes.map((outcome) => ({ name: 'acme', action: 'change', outcome, message: '' })));

test.each<[Result['outcome'][], number]>([
  [[], 0],
  [['done', 'done'], 0],
  [['done', 'parked'], 3],
  [['parked', 'refused', 'done'], 1],
  [['parked', 'changed-since'], 1],
  [['rolled-back'], 1],
  [['refused', 'unreachable'], 4],
  [['done', 'unreachable', 'not-begun'], 130],
])('the worst decides how the command ends: %j is %i', (outcomes, expected) => {
  expect(code(...outcomes)).toBe(expected);
});
