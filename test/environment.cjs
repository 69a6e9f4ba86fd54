// The environment of all tests: jest's own for Node, with packages that Node itself has loaded
// (test/load-natively.cjs).
const { createRequire } = require('node:module');
const { types } = require('node:util');

// Only jest itself depends on it; pnpm shows us our own dependencies alone.
const ofJest = createRequire(createRequire(require.resolve('jest')).resolve('jest-config'));
const { TestEnvironment } = ofJest('jest-environment-node');

const isInstance = Function.prototype[Symbol.hasInstance];

/** What drivers give our code and it gives them, with what recognises it whichever realm it is of. */
const SHARED = { Error: types.isNativeError, Date: types.isDate };

/**
 * Each test file has built-ins of its own: to its code an error or a date of a driver is one all the same, and the
 * other way round.
 */
function shareAmongRealms(global) {
  for (const [name, isOne] of Object.entries(SHARED)) {
    const builtIn = global[name];
    Object.defineProperty(builtIn, Symbol.hasInstance, {
      configurable: true,
      // Inherited by classes of errors, which go by their own chain.
      value(it) {
        return isInstance.call(this, it) || (this === builtIn && isOne(it));
      },
    });
  }
}

shareAmongRealms(globalThis);

module.exports = class Environment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    // Not `require` itself: jest empties what it finds in the globals of a test file that has ended.
    this.global[Symbol.for('freeflow.loadNatively')] = (file) => require(file);
    shareAmongRealms(this.global);
  }
};
