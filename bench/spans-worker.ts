import { runWorker } from '../worker/run-worker';
import { SpanRecorder } from './spans/recorder';
import { watchDrivers } from './spans/watch-drivers';
import { watchRequests } from './spans/watch-requests';

// The real worker, but for this: every call to a server is noted with its beginning and end, and written to a file at
// the end.
const { BENCH_SPANS_FILE: file, MASTER_DATABASE_URL: master, KEYCLOAK_URL, QDRANT_URL } = process.env;
const recorder = new SpanRecorder();
watchDrivers(recorder, new URL(master ?? '').pathname.slice(1));
watchRequests(recorder, { keycloak: new URL(KEYCLOAK_URL ?? '').origin, qdrant: new URL(QDRANT_URL ?? '').origin });
process.on('exit', () => {
  if (file !== undefined) recorder.write(file);
});

runWorker(process.env).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
