// Temporal's SDK keeps stack traces of a workflow's promises by a hook, which it installs in this process for a replay
// (it runs those without threads) and never takes back. The hook sees all promises from then on, also in suites that
// the same process runs later, and asks each for its `constructor`; those that Node makes for WebCrypto have none.
const { promiseHooks } = require('node:v8');

const GUARDED = Symbol.for('freeflow.promiseHooksGuarded');
if (promiseHooks[GUARDED] === undefined) {
  const { createHook } = promiseHooks;
  const guard = (hook) =>
    hook && ((promise, ...more) => (promise.constructor === undefined ? undefined : hook(promise, ...more)));
  promiseHooks.createHook = ({ init, before, after, settled }) =>
    createHook({ init: guard(init), before: guard(before), after: guard(after), settled: guard(settled) });
  promiseHooks[GUARDED] = true;
}
