/** The build puts it in place of this name (scripts/bundle.cjs), in the bundles of the programs alone. */
declare const FREEFLOW_BUILD_VERSION: string | undefined;

/** What runs from its sources, or from the files of the compiler, was made by no build that could have a version. */
const UNBUNDLED = '0.0.0-unbundled';

/**
 * Which build this program is: `0.2.0` where its commit has that tag, `0.2.0-5-g1b2c3d4e5f` five commits after it,
 * `0.1.0-g1b2c3d4e5f` where there is no tag yet. It fits a label of Kubernetes, the tag of an image and a build id of
 * Temporal.
 */
export const buildVersion = (): string =>
  typeof FREEFLOW_BUILD_VERSION === 'string' ? FREEFLOW_BUILD_VERSION : UNBUNDLED;
