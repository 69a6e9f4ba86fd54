import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { ReleaseError } from './errors';

/**
 * Asks the package registry for known weaknesses of what the product is made of.
 * @param run how pnpm is run; gives its exit code and what it has printed
 * @throws ReleaseError where there is a high or critical one, or the registry gives no answer: nothing is known then
 */
export function auditPackages(run = runAudit): void {
  const { status, output } = run();
  if (status === 0) return;
  if (/ERR_PNPM_(?:AUDIT|META_FETCH)|ENOTFOUND|ECONN|ETIMEDOUT/.test(output))
    throw new ReleaseError(`The registry answers no audit; --without-audit releases without one.\n${output.trim()}`);
  throw new ReleaseError(
    `The audit found weaknesses; update what has them, or release --without-audit.\n${output.trim()}`,
  );
}

function runAudit(): { status: number | null; output: string } {
  const pnpm = path.join(projectRoot(), 'scripts/pnpm.cjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [pnpm, 'audit', '--prod', '--audit-level', 'high'], {
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}
