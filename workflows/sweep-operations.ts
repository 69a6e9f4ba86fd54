import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';

const { sweep } = proxyActivities<Pick<Activities, 'sweep'>>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10 seconds',
  // The schedule comes again in seconds anyway.
  retry: { maximumAttempts: 1 },
  summary: 'start what was accepted and has no run',
});

/** Run by a schedule and at every worker start: no accepted operation stays without a run. */
export async function sweepOperations(): Promise<string> {
  const { started } = await sweep();
  return `${started} operation(s) started`;
}
