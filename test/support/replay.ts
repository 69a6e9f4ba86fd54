import path from 'node:path';
import { historyToJSON, type History } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { projectRoot } from '../../stack/project';
import { bundleOf } from './workflow-bundle';

/**
 * The replay that goes on: the SDK ends its runtime with the last worker it knows, also while another replay is about
 * to begin.
 */
let lastReplay: Promise<unknown> = Promise.resolve();

/**
 * Replays recorded histories with the workflows in a folder, after all replays that were begun before.
 * @param histories as JSON, by name
 * @returns those that do not replay, each with the reason
 */
export function replay(workflowsFolder: string, histories: Readonly<Record<string, string>>): Promise<string[]> {
  const replayed = lastReplay.then(() => replayOneByOne(workflowsFolder, histories));
  lastReplay = replayed.catch(() => undefined);
  return replayed;
}

async function replayOneByOne(workflowsFolder: string, histories: Readonly<Record<string, string>>): Promise<string[]> {
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
