import { describeRun } from './run-details';

const since = Date.UTC(2026, 10, 27, 6, 0, 0);

test('operators see what is parked, why, since when, what to do, and which answers there are', () => {
  const details = describeRun({
    title: 'create acme',
    state: 'running',
    rollbackReason: undefined,
    waiting: [
      [
        'qdrant.create',
        {
          cause: 'it is full',
          advice: 'Make room.',
          failedSince: since,
          rounds: 4,
          park: { id: 1, since: since + 60_000 },
        },
      ],
      ['postgres.create', { cause: 'it is away', advice: 'Start it.', failedSince: since, rounds: 1 }],
    ],
    done: ['mongodb.create'],
    canRollBack: true,
  });
  expect(details).toContain('**create acme**: running, waits for an answer: retry or abort');
  expect(details).toContain('**qdrant.create** is parked since 2026-11-27 06:01:00 UTC, and tried again by itself');
  expect(details).toContain(
    '- Fails since 2026-11-27 06:00:00 UTC, round 4\n- Cause: it is full\n- What to do: Make room.',
  );
  expect(details).toContain('- This step: docs/runbook.md#qdrant-create');
  expect(details).toContain('**postgres.create** is tried again\n');
  expect(details).toContain('Done: `mongodb.create`');
});

test('a rollback says what it is rolled back because of, and that a skip is the answer', () => {
  const details = describeRun({
    title: 'soft delete acme',
    state: 'rolled_back',
    rollbackReason: { step: 'qdrant.disable', cause: 'aborted by me', advice: 'Wait.' },
    waiting: [
      ['qdrant.enable', { cause: 'away', advice: 'Wait.', failedSince: since, rounds: 9, park: { id: 2, since } }],
    ],
    done: [],
    canRollBack: false,
  });
  expect(details).toContain('**soft delete acme**: rolled back, waits for an answer: retry or skip');
  expect(details).toContain('Rolled back because of **qdrant.disable**: aborted by me');
});
