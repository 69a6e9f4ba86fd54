import { isLate, recordLostAttempts, type Attempt } from '../../activities/provision-log';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';

const MINUTE_MS = 60_000;

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

// The database's own zone is hours from UTC, and so is ours.
test.each([
  ['before', -MINUTE_MS, true],
  ['after', MINUTE_MS, false],
])(
  'an attempt is late where it was scheduled before it was recorded as lost: a minute %s',
  async (_when, offsetMs, isTakenForLate) => {
    const { tenantId, operationId, runId } = await harness.newTenant();
    const attempt: Attempt = {
      tenantId,
      operationId,
      runId,
      step: 'postgres.create',
      activityId: '1',
      attempt: 1,
      scheduledAtMs: Date.now() + offsetMs,
    };
    await recordLostAttempts(harness.db, { ...attempt, attempt: 2 });
    expect(await harness.db.$transaction((tx) => isLate(tx, attempt, true))).toBe(isTakenForLate);
  },
);
