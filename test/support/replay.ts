import path from 'node:path';
import { historyToJSON, type History } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { projectRoot } from '../../stack/project';
import { bundleOf } from './workflow-bundle';

/**
 * Replays recorded histories with the workflows in a folder.
 * @param histories as JSON, by name
 * @returns those that do not replay, each with the reason
 */
export async function replay(workflowsFolder: string, histories: Readonly<Record<string, string>>): Promise<string[]> {
  const workflowBundle = await bundleOf(workflowsFolder);
  const failures: string[] = [];
  for (const [name, json] of Object.entries(histories)) {
    await Worker.runReplayHistory({ workflowBundle }, JSON.parse(json), `replay-${name}`).catch((error: unknown) =>
      failures.push(`${name}: ${String(error)}`),
    );
  }
  return failures;
}

/** The same for histories as Temporal gives them, with the workflows as they are. */
export const replayNow = (histories: Readonly<Record<string, History>>): Promise<string[]> =>
  replay(
    path.join(projectRoot(), 'workflows'),
    Object.fromEntries(Object.entries(histories).map(([name, history]) => [name, historyToJSON(history)])),
  );
