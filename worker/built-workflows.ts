import { existsSync } from 'node:fs';
import path from 'node:path';

/** Where the built bundle of the workflows lies, beside this file once compiled. */
export const BUNDLE_PATH = path.join(__dirname, 'workflow-bundle.js');

/** @throws Error with how to build it, where there is no bundle */
export function builtBundlePath(): string {
  if (!existsSync(BUNDLE_PATH)) throw new Error('The workflow bundle is missing: run the build (npm run build) first.');
  return BUNDLE_PATH;
}
