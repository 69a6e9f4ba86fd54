// Runs the pnpm that package.json pins, also where no pnpm is installed: `node scripts/pnpm.cjs install`.
const { spawnSync } = require('node:child_process');
const { packageManager } = require('../package.json');

const { status, error } = spawnSync('npx', ['--yes', packageManager, ...process.argv.slice(2)], {
  stdio: 'inherit',
  cwd: `${__dirname}/..`,
});
if (error) console.error(`npx could not be started (${error.message}); install Node.js with npm, then try again.`);
process.exitCode = status ?? 1;
