import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import type { FaultInjectedInstallation } from '../support/fault-injected-installation';
import type { Running } from '../support/installation';

const HOUR_MS = 3_600_000;
const PRELOAD = path.join(projectRoot(), 'test/chaos/jumping-clock.cjs');

/** The clock of an installation's workers. */
export interface Clock {
  /** With this a worker goes by it. */
  env: Record<string, string>;
  /** An hour forward or back, or right again. */
  set(hours: -1 | 0 | 1, worker: Running): void;
}

export function clockOf({ logDir }: FaultInjectedInstallation): Clock {
  const file = path.join(logDir, 'clock');
  return {
    env: { NODE_OPTIONS: `--require ${JSON.stringify(PRELOAD)}`, CHAOS_CLOCK: file },
    set: (hours, worker) => {
      if (hours === 0) rmSync(file, { force: true });
      else writeFileSync(file, String(hours * HOUR_MS));
      worker.process.kill('SIGWINCH');
    },
  };
}
