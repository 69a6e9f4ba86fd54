import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

// Loaded into API and worker by `--require`: whoever connects to the socket is told what the process keeps once its
// garbage is collected.
const GIVEN_BACK_MS = 2_000;
const socket = process.env['BENCH_MEMORY_SOCKET'];
// Temporal's workflows have a thread of their own, in which this is loaded too.
if (socket !== undefined && isMainThread) {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  mkdirSync(dirname(socket), { recursive: true });
  createServer((connection) => {
    collectGarbage();
    // V8 gives pages back in the background.
    setTimeout(() => connection.end(JSON.stringify(process.memoryUsage())), GIVEN_BACK_MS);
  })
    .listen(socket)
    // The process is to end as if this was not there.
    .unref();
}
