import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentitySchema } from '@freeflow/contract/stack-info';
import { readIfThere, writePrivateFile } from '@freeflow/lib/files';
import { isAlive } from '@freeflow/lib/lock';
import { z } from 'zod';
import { endGroup } from './processes';

const record = z.record(
  z.string(),
  processIdentitySchema.extend({ port: z.number(), stopSignal: z.enum(['SIGTERM', 'SIGINT']) }),
);
export type ProcessRecord = z.infer<typeof record>;

/** The files that list which processes a stack has started: its servers; API and worker. */
export type RegistryName = 'processes.json' | 'app-processes.json';

const LEFTOVER_GRACE_MS = 10_000;

/** Remembers in a file what was started, so that the next start finds what a killed one has left running. */
export class ProcessRegistry {
  private processes: ProcessRecord = {};

  constructor(
    private readonly dir: string,
    private readonly name: RegistryName,
  ) {}

  /** Everything that was noted. */
  get all(): ProcessRecord {
    return this.processes;
  }

  /** Notes a process; must be called in the same breath as it was started. */
  note(name: string, entry: ProcessRecord[string]): void {
    this.processes = { ...this.processes, [name]: entry };
    writePrivateFile(join(this.dir, this.name), JSON.stringify(this.processes));
  }

  /** Forgets all, once all have ended. */
  clear(): void {
    this.processes = {};
    rmSync(join(this.dir, this.name), { force: true });
  }

  /**
   * Ends what an earlier start has left running here. A process that merely got the pid of one is left alone.
   * @returns the names of those that were noted and still ran
   */
  async endLeftovers(): Promise<string[]> {
    const alive = Object.entries(this.leftovers()).filter(([, left]) => isAlive(left));
    await Promise.all(alive.map(([, left]) => endGroup(left, left.stopSignal, LEFTOVER_GRACE_MS)));
    this.clear();
    return alive.map(([name]) => name);
  }

  private leftovers(): ProcessRecord {
    const text = readIfThere(join(this.dir, this.name));
    if (text === undefined) return {};
    try {
      return record.parse(JSON.parse(text));
    } catch {
      // A file that can't be read lists no process.
      return {};
    }
  }
}
