import { PROBLEMS } from '@freeflow/contract';
import type { Problem } from '../errors';
import { operationEnded, refuseAnswer, refuseOperation, tenantNotFound } from './refusals';

const textOf = ({ code, detail }: Problem) => `${PROBLEMS[code].title}. ${detail}`;

test.each([
  [tenantNotFound('42'), 'There is no such tenant. No tenant has the id 42.'],
  [refuseOperation('tenant-unknown', 'restore', 'gone', undefined), 'There is no such tenant. It is gone.'],
  [
    refuseOperation('force-required', 'hard_delete', 'active', undefined),
    'A hard delete of an active tenant needs force. Can not hard delete it.',
  ],
  [
    refuseOperation('operation-in-progress', 'suspend', 'provisioning', 'create'),
    'Another operation on this tenant is in progress. Can not suspend it during its create.',
  ],
  [refuseAnswer({ action: 'retry' }, 'not-stuck'), 'Nothing there waits for an answer. No step can take retry.'],
  [
    refuseAnswer({ action: 'skip', step: 'qdrant.drop' }, 'not-stuck'),
    'Nothing there waits for an answer. There is no step qdrant.drop that can take skip.',
  ],
  [
    refuseAnswer({ action: 'skip', step: 'qdrant.create' }, 'not-skippable'),
    'This step can not be skipped. qdrant.create goes forward.',
  ],
  [
    refuseAnswer({ action: 'abort' }, 'past-point-of-no-return'),
    'It is too late to abort. An undo or a drop has begun.',
  ],
  [operationEnded('42'), 'The answer is for another operation. Operation 42 has ended; nothing was changed.'],
])('title and detail read as one text: %#', (problem, text) => {
  expect(textOf(problem)).toBe(text);
});

test('a refusal of a newer run, which this version does not know, is that nothing waits', () => {
  expect(refuseAnswer({ action: 'retry' }, 'answer-invalid').code).toBe('not-stuck');
});
