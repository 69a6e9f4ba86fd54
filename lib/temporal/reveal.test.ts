import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, RetryState, TimeoutFailure, TimeoutType } from '@temporalio/common';
import { failureIn } from './reveal';

const said = ApplicationFailure.create({ message: 'vault: no answer within 4000 ms' });
const late = new TimeoutFailure('late', undefined, TimeoutType.START_TO_CLOSE);
const runEndedBy = (cause: Error) => new WorkflowFailedError('failed', cause, RetryState.TIMEOUT);
const activityEndedBy = (cause: Error) =>
  runEndedBy(new ActivityFailure('failed', 'revealCredentials', '1', RetryState.TIMEOUT, 'a worker', cause));

test.each([
  ['what the worker says', activityEndedBy(said), { failed: said.message, isLate: false }],
  ['that it was late', activityEndedBy(late), { failed: expect.stringMatching(/not done in time/), isLate: true }],
  ['that no worker has come', runEndedBy(late), { failed: null }],
])('of a run without an answer it tells %s', (_what, error, told) => {
  expect(failureIn(error)).toEqual(told);
});
