import { setTimeout as delay } from 'node:timers/promises';
import type { StackInfo } from '@freeflow/contract/stack-info';
import type { ScaleDatabase } from './database';
import { startWorker } from './process';
import { readingsDuring } from './server-log';

/** What an installation asks of its master database while nothing is to be done. */
export interface IdleCost {
  seconds: number;
  statements: number;
  /** Rows of tables and entries of indexes that were looked at. */
  rows: number;
  tablesReadWhole: string[];
}

/** The start is not part of it: its first sweep is over by then. */
const SETTLE_MS = 15_000;

/** Lets a worker idle, whose statements are written to the server's log. @param seconds how long it is watched */
export async function measureIdleCost(info: StackInfo, database: ScaleDatabase, seconds: number): Promise<IdleCost> {
  const worker = await startWorker(info, database.name, database.workerUrl);
  try {
    await delay(SETTLE_MS);
    const readings = await readingsDuring(info, database, () => delay(seconds * 1_000));
    return {
      seconds,
      statements: readings.length,
      rows: readings.reduce((sum, it) => sum + it.rows, 0),
      tablesReadWhole: [...new Set(readings.flatMap((it) => it.readWhole))],
    };
  } finally {
    await worker.stop();
  }
}
