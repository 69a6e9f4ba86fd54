import { OPERATION_KINDS } from './operations/kinds';
import { SCHEDULE } from './rotation';
import { interruptedBy, priorityOf } from './runs';

test('a forced deletion interrupts all but adoptions, what cuts off the rotations alone, all else nothing', () => {
  expect(interruptedBy('hard_delete', true)).toEqual(OPERATION_KINDS.filter((it) => it !== 'adopt'));
  const others = OPERATION_KINDS.map((kind) => [kind, interruptedBy(kind, false)]).filter(
    ([, its]) => its?.length !== 0,
  );
  expect(Object.fromEntries(others)).toEqual({ suspend: ['rotate', 'retire'], soft_delete: ['rotate', 'retire'] });
});

test('what cuts off comes first, a rotation that somebody waits for before creates, and one of the schedule last', () => {
  const priority = (kind: (typeof OPERATION_KINDS)[number], requestedBy: string, force = false) =>
    priorityOf({ kind, requestedBy, interrupts: interruptedBy(kind, force) });
  const inOrder = [
    priority('hard_delete', 'admin', true),
    priority('suspend', 'admin'),
    priority('rotate', 'admin'),
    priority('create', 'admin'),
    priority('hard_delete', 'admin'),
    priority('rotate', SCHEDULE),
  ];
  expect(inOrder).toEqual([1, 1, 2, 3, 4, 5]);
});
