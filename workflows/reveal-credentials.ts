import type { RevealInput, RevealOutcome } from '@freeflow/contract';
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';

const activities = proxyActivities<Pick<Activities, 'revealCredentials'>>({
  startToCloseTimeout: '8 seconds',
  heartbeatTimeout: '3 seconds',
  // Somebody waits for it, and can ask again.
  retry: { initialInterval: '300 milliseconds', maximumAttempts: 3 },
  summary: 'read credentials, and seal them to whoever has asked',
});

/** Hands a tenant's credentials to whoever has asked, sealed to a key of theirs: nothing here can be read by others. */
export const revealCredentials = (input: RevealInput): Promise<RevealOutcome> => activities.revealCredentials(input);
