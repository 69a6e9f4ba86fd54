import path from 'node:path';
import { historyToJSON, type History } from '@temporalio/common/lib/proto-utils';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { projectRoot } from '../../stack/project';

Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'OFF', forward: {} } } });
const bundles = new Map<string, Promise<WorkflowBundle>>();

/** The workflows in a folder, bundled once for all tests of a file: it takes two seconds. */
export function bundleOf(workflowsFolder: string): Promise<WorkflowBundle> {
  const bundle =
    bundles.get(workflowsFolder) ??
    bundleWorkflowCode({ workflowsPath: workflowsFolder, logger: new DefaultLogger('ERROR') });
  bundles.set(workflowsFolder, bundle);
  return bundle;
}

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
