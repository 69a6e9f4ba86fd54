import type { Answer } from '@freeflow/contract';
import { abortReason, interruptReason, findRefusal } from './answers';
import type { WaitingStep } from './next-move';

const step = (park?: WaitingStep['park']): WaitingStep => ({
  cause: 'it is full',
  advice: 'Make room.',
  failedSince: 0,
  rounds: 3,
  ...(park === undefined ? {} : { park }),
});
/** `qdrant.create` is parked, `postgres.create` only pauses. */
const saga = (canRollBack: boolean) => ({
  waiting: new Map([
    ['qdrant.create', step({ id: 1, since: 0 })],
    ['postgres.create', step()],
  ]),
  parkedSteps: ['qdrant.create'],
  canRollBack,
});
const refuse = (answer: Omit<Answer, 'by'>, canRollBack = true) =>
  findRefusal(saga(canRollBack), { by: 'me', ...answer }, 'operation-1');

test.each([
  ['a retry of all', { action: 'retry' }, true, undefined],
  ['a retry of a step that only pauses', { action: 'retry', step: 'postgres.create' }, true, undefined],
  ['a retry of a step that does not fail', { action: 'retry', step: 'mongodb.create' }, true, 'not-stuck'],
  ['an abort on the way forward', { action: 'abort' }, true, undefined],
  ['an abort that names a step that only pauses', { action: 'abort', step: 'postgres.create' }, true, 'not-stuck'],
  ['an abort once it can not be undone', { action: 'abort' }, false, 'past-point-of-no-return'],
  ['a skip on the way forward', { action: 'skip', reason: 'lost' }, true, 'not-skippable'],
  ['a skip of an undo or a drop', { action: 'skip', reason: 'lost' }, false, undefined],
  ['an answer to this operation', { action: 'retry', operationId: 'operation-1' }, true, undefined],
  ['an answer to another operation', { action: 'retry', operationId: 'operation-2' }, true, 'operation-changed'],
] as const)('%s', (_, answer, canRollBack, expected) => {
  expect(refuse(answer, canRollBack)).toBe(expected);
});

test('where nothing waits every answer is refused', () => {
  const nothing = { waiting: new Map<string, WaitingStep>(), parkedSteps: [], canRollBack: true };
  for (const action of ['retry', 'abort', 'skip'] as const)
    expect(findRefusal(nothing, { action, by: 'me' }, 'operation-1')).toBe('not-stuck');
});

test('who aborted it, why and at which failure stays known; and who interrupted it', () => {
  expect(abortReason(saga(true), { by: 'me', reason: 'not wanted' })).toMatchObject({
    step: 'qdrant.create',
    cause: 'aborted by me (not wanted): it is full',
  });
  expect(abortReason(saga(true), { by: 'me' }).cause).toBe('aborted by me: it is full');
  const causes = (['hard_delete', 'soft_delete'] as const).map((kind) => interruptReason('admin', kind).cause);
  expect(causes).toEqual([
    'interrupted by a forced deletion (requested by admin)',
    'interrupted by a soft delete (requested by admin)',
  ]);
});
