import type { Client, Pool } from 'pg';
import type { PlannedFile } from '../../backend';
import { refusedFault } from '../../blueprint';
import { hasCode } from '../../failures';
import { MARKS } from './place';

interface Mark {
  path: string;
  token: string;
  checksum: string;
}

export type Marks = ReadonlyMap<string, Mark>;

const UNDEFINED_TABLE = '42P01';
const NO_SCHEMA = '3F000';

/** What the database itself has of files that were applied; written in the transactions that applied them. */
export async function readMarks(client: Pick<Client | Pool, 'query'>): Promise<Marks> {
  try {
    const { rows } = await (client as Client).query<Mark>(`SELECT path, token, checksum FROM ONLY ${MARKS}`);
    return new Map(rows.map((it) => [it.path, it]));
  } catch (error) {
    if (hasCode(error, UNDEFINED_TABLE, NO_SCHEMA)) return new Map();
    throw error;
  }
}

/** In the transaction of the file itself: the first statement, by which two of them exclude each other. */
export const writeMark = async (client: Client, { path, token, checksum }: PlannedFile): Promise<void> => {
  await client.query(`INSERT INTO ${MARKS} (path, token, checksum) VALUES ($1, $2, $3)`, [path, token, checksum]);
};

/**
 * Whether an earlier attempt has applied a file and nobody has heard of it. Its token was chosen by us, and is known in
 * that transaction alone.
 * @throws BackendFault `blueprint-refused` where what was applied is another content, or was not applied by us
 */
export function isMarked(marks: Marks, file: PlannedFile): boolean {
  const mark = marks.get(file.path);
  if (mark === undefined) return false;
  if (mark.token !== file.token)
    throw refusedFault('PostgreSQL', file.path, `the database has a note that it was applied, which is not ours`);
  if (mark.checksum === file.checksum) return true;
  throw refusedFault('PostgreSQL', file.path, 'was edited after it was applied; put the change into a new file');
}
