import type { OperationBody } from '@freeflow/contract/http';
import { isUntaken, isWaiting, parkOf } from './follow';

const SINCE = '2026-11-27T06:00:00.000Z';
const park = (step: string, parkId: number, since = SINCE) => ({ step, parkId, cause: 'away', advice: '', since });
const operation = (state: OperationBody['state'], ...parked: OperationBody['parked']) =>
  ({ state, parked }) as OperationBody;
const answered = new Set([park('qdrant.create', 1), park('mongodb.create', 2)].map(parkOf));

test.each<[string, OperationBody, boolean]>([
  ['the answer has not arrived yet', operation('parked', park('qdrant.create', 1), park('mongodb.create', 2)), false],
  [
    'one is tried again, the other has failed again',
    operation('parked', park('qdrant.create', 1), park('mongodb.create', 3)),
    false,
  ],
  ['one is done, the other is tried again', operation('parked', park('mongodb.create', 2)), false],
  ['both have failed again', operation('parked', park('qdrant.create', 4), park('mongodb.create', 3)), true],
  ['one is done, the other has failed again', operation('parked', park('mongodb.create', 3)), true],
  ['one that was not answered is left', operation('parked', park('keycloak.create', 5)), true],
  [
    'a new run, which counts anew, has parked it',
    operation('parked', park('qdrant.create', 1, '2026-11-27T06:05:00.000Z')),
    true,
  ],
  ['it goes on', operation('running'), false],
  ['it is undone', operation('undoing'), false],
])('after an answer: %s', (_what, it, expected) => {
  expect(isWaiting(it, answered)).toBe(expected);
});

test('without an answer, whatever is parked waits', () => {
  expect(isWaiting(operation('parked', park('qdrant.create', 1)))).toBe(true);
});

const create = operation('running');
test.each<[string, OperationBody, OperationBody | null, boolean]>([
  ['nobody has begun it', operation('requested'), null, true],
  ['a forced deletion waits for what it interrupts', operation('requested'), create, false],
  ['an answer has not arrived yet', operation('parked', park('qdrant.create', 1)), null, true],
  ['it is parked anew', operation('parked', park('qdrant.create', 4)), null, false],
  ['it goes on', operation('running'), null, false],
  ['it is undone', operation('undoing'), null, false],
])('whether a worker has taken it up: %s', (_what, it, interrupted, expected) => {
  expect(isUntaken({ interrupted }, it, answered)).toBe(expected);
});
