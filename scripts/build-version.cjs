// The version that a build is given: from the environment, else from the tags of the repository, else that of the
// package. As a program it prints it.
const { execFileSync } = require('node:child_process');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');

/** What a label of Kubernetes may be, which is the narrowest place that it goes to. */
const FORM = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** Undefined where there is no git, no commit, or the repository is another one's around this folder. */
function runGit(root, ...args) {
  try {
    return execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/**
 * `0.2.0` of the tag `v0.2.0`, with `-5-gHASH` five commits after it; `0.1.0-gHASH` where no tag comes before; with
 * `-dirty` where files differ from the commit.
 */
function describeCommit(root, packageVersion) {
  if (runGit(root, 'rev-parse', '--show-prefix') !== '') return undefined;
  const describe = (...args) => runGit(root, 'describe', '--abbrev=10', '--dirty', ...args);
  const tagged = describe('--match', 'v[0-9]*')?.slice(1);
  if (tagged !== undefined) return tagged;
  const hash = describe('--always', '--exclude', '*');
  return hash === undefined ? undefined : `${packageVersion}-g${hash}`;
}

/** @throws Error where the environment names a version that no image could be tagged by */
function buildVersion(env = process.env, root = ROOT) {
  const { version: packageVersion } = require(path.join(root, 'package.json'));
  const version = env.FREEFLOW_BUILD_VERSION || describeCommit(root, packageVersion) || packageVersion;
  if (!FORM.test(version))
    throw new Error(`${version} can't be a version: 63 letters, digits, dots, dashes and underscores at most.`);
  return version;
}

module.exports = { buildVersion };

if (require.main === module) console.log(buildVersion());
