import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentitySchema } from '@freeflow/contract/stack-info';
import { readIfThere, writePrivateFile } from '@freeflow/lib/files';
import { identify, isAlive, LockedError } from '@freeflow/lib/lock';
import { z } from 'zod';
import { takeLock } from './lock';
import { choosePorts, type PortName, type Ports } from './ports';

/** Which ports a process has chosen for the stack of a folder; of no meaning once that process is gone. */
const claim = processIdentitySchema.extend({ dir: z.string(), ports: z.array(z.number()) });
type Claim = z.infer<typeof claim>;

export interface Claimant {
  /** The user's cache folder, which all stacks of that user share. */
  cache: string;
  /** The stack's folder; servers, worker and API of one folder may be started by several processes. */
  dir: string;
}

const fileOf = (cache: string) => join(cache, 'ports.json');
const CHOOSING_WITHIN_MS = 10_000;

/**
 * Chooses ports as `choosePorts` does, and none that another stack of this user has chosen.
 *
 * A server listens only seconds after its port was found free. Two stacks that start at the same time would choose the
 * same ones, and a server that answers without credentials would be taken for its own by both.
 */
export async function claimPorts({ cache, dir }: Claimant, current: Ports, names: readonly PortName[]): Promise<Ports> {
  const release = await lockPortChoice(cache);
  try {
    const claims = readClaims(cache).filter(isAlive);
    const others = new Set(claims.filter((it) => it.dir !== dir).flatMap((it) => it.ports));
    const chosen = await choosePorts(current, names, others);
    const mine = { ...identify(process.pid), dir, ports: names.map((name) => chosen[name]) };
    writePrivateFile(fileOf(cache), JSON.stringify([...claims, mine]));
    return chosen;
  } finally {
    release();
  }
}

async function lockPortChoice(cache: string): Promise<() => void> {
  for (const end = Date.now() + CHOOSING_WITHIN_MS; ;) {
    try {
      return takeLock(cache, 'ports.lock');
    } catch (error) {
      if (!(error instanceof LockedError) || Date.now() > end) throw error;
    }
    await delay(20);
  }
}

function readClaims(cache: string): Claim[] {
  try {
    return z.array(claim).parse(JSON.parse(readIfThere(fileOf(cache)) ?? '[]'));
  } catch {
    // A file that can't be read claims nothing.
    return [];
  }
}
