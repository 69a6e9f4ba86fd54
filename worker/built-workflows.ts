import { existsSync } from 'node:fs';
import path from 'node:path';

/** Where the built bundles of the workflows lie, beside this file once compiled: for workers with a version or none. */
export const BUNDLE_PATHS = {
  index: path.join(__dirname, 'workflow-bundle.js'),
  versioned: path.join(__dirname, 'workflow-bundle.versioned.js'),
} as const;

/** Which file of workflows/ a worker registers. */
export const registeredBy = (isVersioned: boolean): keyof typeof BUNDLE_PATHS => (isVersioned ? 'versioned' : 'index');

/** @throws Error with how to build it, where there is no bundle */
export function builtBundlePath(isVersioned: boolean): string {
  const found = BUNDLE_PATHS[registeredBy(isVersioned)];
  if (!existsSync(found)) throw new Error('The workflow bundle is missing: run the build (npm run build) first.');
  return found;
}
