import { parse } from 'libpg-query';
import { judgeStatement, type Made, type Verdict } from './judge';

/** A statement of a migration, what it means to the release before, and what stands above it. */
export interface Statement {
  text: string;
  comments: string;
  verdict: Verdict;
}

/** Reads a migration by PostgreSQL's own parser. @throws Error where it is no SQL */
export async function readStatements(sql: string, plainIndexes: readonly string[] = []): Promise<Statement[]> {
  const bytes = Buffer.from(sql);
  const { stmts = [] } = (await parse(sql)) as unknown as {
    stmts?: { stmt: Record<string, Record<string, unknown>>; stmt_location?: number; stmt_len?: number }[];
  };
  const made: Made = new Set(plainIndexes);
  let end = 0;
  return stmts.map(({ stmt, stmt_location: from = 0, stmt_len: length = bytes.length - from }) => {
    const comments = bytes.subarray(end, from).toString();
    end = from + length;
    return { text: bytes.subarray(from, end).toString().trim(), comments, verdict: judgeStatement(stmt, made) };
  });
}
