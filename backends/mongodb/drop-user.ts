import type { Db } from 'mongodb';
import { hasCode } from '../failures';
import { runWrite } from './commands';

const USER_MISSING = 11;

/** Drops a user; nothing to do where there is none. */
export async function dropUser(db: Db, user: string, signal: AbortSignal): Promise<void> {
  await runWrite(db, { dropUser: user }, signal).catch((error: unknown) => {
    if (!hasCode(error, USER_MISSING)) throw error;
  });
}
