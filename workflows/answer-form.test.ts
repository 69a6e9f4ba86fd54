import fc from 'fast-check';
import { parseAnswer, readInterrupter } from './answer-form';

test('an answer is read as it was given, what is left out as null or not at all', () => {
  const answer = {
    action: 'skip',
    step: 'qdrant.drop',
    reason: 'that server is lost',
    by: 'on-call',
    operationId: '6f0e5d1c-2b3a-4c4d-8e5f-607182930a1b',
  };
  expect(parseAnswer(answer)).toEqual(answer);
  expect(parseAnswer({ action: 'retry', by: 'me' })).toEqual({ action: 'retry', by: 'me' });
  expect(parseAnswer({ action: 'retry', by: 'me', step: null, reason: null, more: 1 })).toEqual({
    action: 'retry',
    by: 'me',
  });
});

test.each([
  [undefined],
  [null],
  ['retry'],
  [1],
  [[]],
  [[{ action: 'retry', by: 'me' }]],
  [{}],
  [{ action: 'retry' }],
  [{ action: 'retry', by: '' }],
  [{ action: 'retry', by: 1 }],
  [{ action: 'retry', by: 'a\u0000' }],
  [{ action: 'retry', by: 'x'.repeat(256) }],
  [{ action: 'Retry', by: 'me' }],
  [{ action: 'toString', by: 'me' }],
  [{ action: ['retry'], by: 'me' }],
  [{ by: 'me' }],
  [{ action: 'skip', by: 'me', reason: 'wrong\u0000name' }],
  [{ action: 'skip', by: 'me', reason: 'a\ud800' }],
  [{ action: 'skip', by: 'me', reason: 'x'.repeat(1_001) }],
  [{ action: 'skip', by: 'me', reason: { a: 1 } }],
  [{ action: 'skip', by: 'me', step: 7 }],
  [{ action: 'skip', by: 'me', step: '' }],
  [{ action: 'retry', by: 'me', operationId: {} }],
])('what is no answer is none: %j', (given) => {
  expect(parseAnswer(given)).toBeUndefined();
});

test('nothing that can come as JSON makes reading it fail', () => {
  const field = fc.oneof(fc.jsonValue(), fc.constantFrom('retry', 'abort', 'skip', 'me'));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.jsonValue(),
        fc.record({ action: field, by: field, step: field, reason: field, operationId: field }, { requiredKeys: [] }),
      ),
      (given) => {
        const answer = parseAnswer(given);
        expect([undefined, 'retry', 'abort', 'skip']).toContain(answer?.action);
        expect(typeof readInterrupter(given)).toBe('string');
      },
    ),
  );
});
