// The environment of all tests: jest's own for Node, with packages that Node itself has loaded
// (test/load-natively.cjs).
const { createRequire } = require('node:module');
const { types } = require('node:util');

// Only jest itself depends on it; pnpm shows us our own dependencies alone.
const ofJest = createRequire(createRequire(require.resolve('jest')).resolve('jest-config'));
const { TestEnvironment } = ofJest('jest-environment-node');

const isInstance = Function.prototype[Symbol.hasInstance];

/**
 * Each test file has built-ins of its own: to its code an error of a driver is an error all the same, and the other way
 * round.
 */
function takeErrorsOfAllRealms(error) {
  Object.defineProperty(error, Symbol.hasInstance, {
    configurable: true,
    // Inherited by classes of errors, which go by their own chain.
    value(it) {
      return isInstance.call(this, it) || (this === error && types.isNativeError(it));
    },
  });
}

takeErrorsOfAllRealms(Error);

module.exports = class Environment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    // Not `require` itself: jest empties what it finds in the globals of a test file that has ended.
    this.global[Symbol.for('freeflow.loadNatively')] = (file) => require(file);
    takeErrorsOfAllRealms(this.global.Error);
  }
};
