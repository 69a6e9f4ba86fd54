import { INTERRUPTED, joinStack, listenForShutdown } from '../stack/foreground';
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
  const shutdown = listenForShutdown(
    (text) => {
      progress.note(text);
    },
    (code) => {
      process.exit(code);
    },
  );
  const dir = process.env['FREEFLOW_TEST_STACK'] ?? TEST_STACK;
  try {
    // What a killed run has left is of no use to this one; another folder's data may be.
    const joined = await joinStack({
      dir,
      env: process.env,
      progress,
      signal: shutdown.signal,
      onKill: shutdown.onKill,
      fresh: dir === TEST_STACK,
    });
    if (joined.kind === 'started') {
      globalThis.freeflowTestStack = joined.stack;
      shutdown.onStop(joined.stack.stop);
    }
  } catch (error) {
    if (shutdown.signal.aborted) process.exit(INTERRUPTED);
    throw error;
  }
  // Not before: an interrupted start ends its servers by itself, and an exit in the middle of that would leave them
  // running.
  void shutdown.ended.then(() => {
    process.exit(INTERRUPTED);
  });
}
