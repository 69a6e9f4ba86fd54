#!/usr/local/bin/node
// The commands of the image: each is a link to this file, and is what it is called.
const { constants } = require('node:os');
const path = require('node:path');
const { startProgram } = require('@freeflow/lib/start');

const PROGRAMS = { api: 'api', worker: 'worker', migrate: 'migrate', freeflow: 'cli' };

// The kernel ignores a signal that the first process of a container has no handler for: until the program has one of
// its own, or where it never has, it would end by no SIGTERM. Ours stays, since Node no longer hears a signal once its
// last handler is removed while another is being added.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal]);
  });
}

// Commands that it prints are to be pasted where it runs (cli/invocation.ts).
process.env.FREEFLOW_CALLED_AS ??= 'freeflow';

startProgram(path.join(__dirname, '..', 'dist', PROGRAMS[path.basename(process.argv[1])]));
