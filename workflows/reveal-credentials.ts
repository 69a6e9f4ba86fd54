import type { RevealInput, RevealOutcome } from '@freeflow/contract';
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';

const activities = proxyActivities<Pick<Activities, 'revealCredentials'>>({
  startToCloseTimeout: '8 seconds',
  // It ends before the run does, which would not tell whether anything had begun.
  scheduleToCloseTimeout: '11 seconds',
  heartbeatTimeout: '3 seconds',
  // Somebody waits for it, and can ask again. A vault that hangs is told of by the second one, within those 11 s.
  retry: { initialInterval: '300 milliseconds', maximumAttempts: 2 },
  summary: 'read credentials, and seal them to whoever has asked',
});

/** Hands a tenant's credentials to whoever has asked, sealed to a key of theirs: nothing here can be read by others. */
export const revealCredentials = (input: RevealInput): Promise<RevealOutcome> => activities.revealCredentials(input);
