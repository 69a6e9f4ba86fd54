#!/usr/local/bin/node
// Exits with 0 where the program that the container was started with is ready; what only runs once always is.
const { readFileSync } = require('node:fs');
const path = require('node:path');

const PORTS = { api: process.env.API_PORT || '3000', worker: process.env.WORKER_HEALTH_PORT || '3001' };

/** By the words of the first process, behind an init of the container's too: `tini -- worker`. */
function portOf(commandLine) {
  const program = commandLine.split('\0').map((word) => path.basename(word));
  return PORTS[program.find((word) => word in PORTS)];
}

async function isReady(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(4_000) });
  if (!answer.ok) console.error(await answer.text());
  return answer.ok;
}

async function main() {
  const port = portOf(readFileSync('/proc/1/cmdline', 'utf8'));
  if (port !== undefined && !(await isReady(port))) process.exitCode = 1;
}

main().catch((error) => {
  console.error(error.message, error.cause?.message ?? '');
  process.exitCode = 1;
});
