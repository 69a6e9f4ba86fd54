import { randomUUID } from 'node:crypto';
import type { Db } from 'mongodb';
import { hasCode } from '../failures';
import { SERVER_LIMIT_MS } from './commands';

const DUPLICATE_KEY = 11_000;

/**
 * Which server it is. MongoDB has no id of its own that outlives a restart, so we leave one in our database.
 * @param meta our own database there
 */
export async function readServerId(meta: Db): Promise<string> {
  const installations = meta.collection<{ _id: string; id: string }>('installation');
  const known = await installations.findOne({ _id: 'server' }, { maxTimeMS: SERVER_LIMIT_MS });
  if (known) return `mongodb:${known.id}`;
  await installations
    .updateOne({ _id: 'server' }, { $setOnInsert: { id: randomUUID() } }, { upsert: true })
    .catch((error: unknown) => {
      if (!hasCode(error, DUPLICATE_KEY)) throw error;
    });
  return readServerId(meta);
}
