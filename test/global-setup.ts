import { joinStack, listenForShutdown } from '../stack/foreground';
import { plainProgress } from '../stack/progress';
import type { RunningStack } from '../stack/stack';

/** The stack's folder that tests use, its ports and data apart from the developer's. */
const TEST_STACK = '.freeflow-test';

declare global {
  // Shared with the teardown, which jest runs in the same process.
  var freeflowTestStack: RunningStack | undefined;
}

/** Starts the servers the tests run against, unless a developer keeps them running there. */
export default async function globalSetup(): Promise<void> {
  const progress = plainProgress(process.stdout);
  const ending = listenForShutdown(
    (text) => {
      progress.note(text);
    },
    (code) => {
      process.exit(code);
    },
  );
  void ending.ended.then(() => {
    process.exit(130);
  });
  const dir = process.env['FREEFLOW_TEST_STACK'] ?? TEST_STACK;
  // What a killed run has left is of no use to this one; another folder's data may be.
  const joined = await joinStack({
    dir,
    env: process.env,
    progress,
    signal: ending.signal,
    onKill: ending.onKill,
    fresh: dir === TEST_STACK,
  });
  if (joined.kind === 'running') return;
  globalThis.freeflowTestStack = joined.stack;
  ending.onStop(joined.stack.stop);
}
