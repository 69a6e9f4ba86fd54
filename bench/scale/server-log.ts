import { randomUUID } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { logFile } from '../../stack/project';
import { withPostgres } from '../../test/support/outside';
import { readingOf, type PlanNode, type Reading } from '../../test/support/plans';
import { until } from '../../test/support/until';
import type { ScaleDatabase } from './database';

const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_nested_statements': 'on',
};

/** Has the server write down how each statement of this database is read, in sessions that begin from now on. */
export const logPlans = (info: StackInfo, { name }: ScaleDatabase): Promise<void> =>
  withPostgres(info.postgres.url, async (server) => {
    for (const [setting, value] of Object.entries(SETTINGS))
      await server.query(`ALTER DATABASE ${name} SET ${setting} = '${value}'`);
  });

/** How each statement read that the server has carried out during `work`. */
export async function readingsDuring(
  info: StackInfo,
  { owner }: ScaleDatabase,
  work: () => Promise<unknown>,
): Promise<Reading[]> {
  const file = logFile(info.dir, 'postgres');
  const { size } = await stat(file);
  await work();
  const mark = randomUUID();
  await owner.query(`DO $$ BEGIN RAISE LOG '${mark}'; END $$`);
  const text = await until('the server has written its log', async () => {
    const written = await readFrom(file, size);
    return written.includes(mark) ? written : undefined;
  });
  return text
    .split(/duration: [\d.]+ ms {2}plan:\n/)
    .slice(1)
    .map((it) => readingOf((JSON.parse(jsonOf(it)) as { Plan: PlanNode }).Plan));
}

/** The lines of one message but for the first are indented. */
const jsonOf = (text: string): string => {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('\t'));
  return lines.slice(0, end).join('\n');
};

async function readFrom(file: string, position: number): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - position), 0, size - position, position);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await handle.close();
  }
}
