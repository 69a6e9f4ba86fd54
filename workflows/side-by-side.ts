import type { CancellationScope } from '@temporalio/workflow';

export type Branch = () => Promise<void>;

/**
 * Runs branches side by side. When one throws, the others are cancelled, and all have ended before this throws.
 * @param onEnd called when a branch has ended, however it did
 */
export async function sideBySide(branches: Branch[], scope: CancellationScope, onEnd: () => void): Promise<void> {
  const failures: unknown[] = [];
  const run = async (branch: Branch): Promise<void> => {
    await branch().catch((error: unknown) => {
      failures.push(error);
      scope.cancel();
    });
    onEnd();
  };
  await scope.run(() => Promise.all(branches.map(run)));
  // The first is the cause; what was cancelled because of it came later.
  if (failures.length > 0) throw failures[0];
}
