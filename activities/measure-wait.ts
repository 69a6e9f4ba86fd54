import { observe } from '@freeflow/lib/metrics';
import { BackendFault } from '../backends/failures';

/** Measures how long a lock is waited for, and what comes of it. */
export async function measureWait<T>(taking: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const measured = (outcome: 'taken' | 'busy' | 'failed') =>
    observe('freeflow_lock_wait_seconds', { outcome }, (performance.now() - startedAt) / 1_000);
  try {
    const taken = await taking;
    measured('taken');
    return taken;
  } catch (error) {
    measured(error instanceof BackendFault && error.type === 'lock-busy' ? 'busy' : 'failed');
    throw error;
  }
}
