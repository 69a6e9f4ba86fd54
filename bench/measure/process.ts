import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

/** Linux counts processor time in hundredths of a second for user space, whatever its own clock. */
const TICKS_PER_S = 100;
const MB = 2 ** 20;

const memorySchema = z.object({ rss: z.number(), heapUsed: z.number() });

/** The processor time that a process has used so far, in s. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name (field 2) may hold spaces and brackets, so fields are counted from its closing bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** How much of one processor each of these processes uses meanwhile, in %. */
export async function measureCpu(pids: readonly number[], seconds: number, signal: AbortSignal): Promise<number[]> {
  const before = pids.map(cpuSeconds);
  const startedAt = performance.now();
  await delay(seconds * 1_000, undefined, { signal });
  const tookS = (performance.now() - startedAt) / 1_000;
  return pids.map((pid, at) => ((cpuSeconds(pid) - (before[at] ?? 0)) / tookS) * 100);
}

/**
 * What a process keeps in memory once its garbage is collected, in MB.
 * @param socket where `bench/report-memory.ts` answers in that process
 */
export async function readMemory(socket: string): Promise<{ rssMb: number; heapMb: number }> {
  const connection = connect(socket);
  let text = '';
  for await (const chunk of connection) text += String(chunk);
  const { rss, heapUsed } = memorySchema.parse(JSON.parse(text));
  return { rssMb: rss / MB, heapMb: heapUsed / MB };
}
