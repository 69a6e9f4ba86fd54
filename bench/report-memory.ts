import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

// Loaded into API and worker by `--require`: whoever connects to the socket is told what the process keeps once its
// garbage is collected.
const socket = process.env['BENCH_MEMORY_SOCKET'];
// Temporal's workflows have a thread of their own, in which this is loaded too.
if (socket !== undefined && isMainThread) {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as (options: object) => void;
  mkdirSync(dirname(socket), { recursive: true });
  createServer((connection) => {
    // As where memory is short: any other collection keeps the pages for what comes next, and they count as resident.
    collectGarbage({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    connection.end(JSON.stringify(process.memoryUsage()));
  })
    .listen(socket)
    // The process is to end as if this was not there.
    .unref();
}
