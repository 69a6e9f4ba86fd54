import { createDependencies } from '../../worker/dependencies';
import { runWorker } from '../../worker/run-worker';

/** So that many runs have begun on it by then. */
const CRASHES_AFTER_MS = 3_000;

/** Stands still, and takes the process with it. */
const crash = () => new Promise<never>(() => void setTimeout(() => process.exit(70), CRASHES_AFTER_MS));

// A build with a defect that shows late: runs begin on it, then it ends in the middle of their drops.
runWorker(process.env, (...args) => {
  const { activities, close } = createDependencies(...args);
  return { activities: { ...activities, 'qdrant.drop': crash }, close };
}).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
