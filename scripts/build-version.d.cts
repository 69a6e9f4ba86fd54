/** The version that a build of the repository at `root` is given. */
export function buildVersion(env?: NodeJS.ProcessEnv, root?: string): string;
