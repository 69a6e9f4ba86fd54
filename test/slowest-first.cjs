// Starts the suites that take longest first, so that none of them is left running alone at the end. Jest does so itself
// where it has run before; a fresh checkout has no record, and is where a run is waited for.
const { createRequire } = require('node:module');
const path = require('node:path');
const recorded = require('./suite-seconds.json');

// Only jest itself depends on it; pnpm shows us our own dependencies alone.
const ofJest = createRequire(createRequire(require.resolve('jest')).resolve('@jest/core'));
const { default: TestSequencer } = ofJest('@jest/test-sequencer');

const root = path.join(__dirname, '..');
const secondsOf = (test) => recorded[path.relative(root, test.path)] ?? 0;

module.exports = class SlowestFirst extends TestSequencer {
  /** What jest would do, with the record above its own: one slow day doesn't reorder everything. */
  sort(tests) {
    return super.sort(tests).sort((one, other) => secondsOf(other) - secondsOf(one));
  }
};
