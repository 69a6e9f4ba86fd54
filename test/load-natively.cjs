const { createHash } = require('node:crypto');
const swc = require('@swc/jest');

const transformer = swc.createTransformer({ jsc: { target: 'es2023' }, module: { type: 'commonjs' } });

/**
 * A transform for large packages: Node itself loads them, once in each of jest's processes. In the test files' own
 * registries they were loaded anew for each of those, which was most of what jest computed. The global setup, which has
 * no environment of ours, gets them as jest would give them.
 */
module.exports = {
  getCacheKey: (source, filename) => createHash('sha256').update(`natively ${filename}`).update(source).digest('hex'),
  process(source, filename, options) {
    const { code } = transformer.process(source, filename, options);
    return {
      code: `const load = globalThis[Symbol.for('freeflow.loadNatively')];
if (load !== undefined) module.exports = load(${JSON.stringify(filename)});
else {
${code}
}`,
    };
  },
};
