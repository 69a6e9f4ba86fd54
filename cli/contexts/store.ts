import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { readIfThere, writePrivateFile } from '@freeflow/lib/files';
import { z } from 'zod';
import { EXIT, Failure } from '../failure';
import { withLock } from './lock';

const contextSchema = z.object({
  apiUrl: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  /** Plain HTTP is good enough for its tokens, also where others may read along. */
  insecure: z.literal(true).optional(),
  accessToken: z.string(),
  /** By the clock of this machine. */
  expiresAt: z.iso.datetime(),
  refreshToken: z.string().optional(),
});
const storeSchema = z.object({
  version: z.literal(1),
  current: z.string().optional(),
  contexts: z.record(z.string(), contextSchema),
});

/** An installation that a person has logged in at, with the tokens of that login. */
export type Context = z.output<typeof contextSchema>;
export type ContextStore = z.output<typeof storeSchema>;

const EMPTY: ContextStore = { version: 1, contexts: {} };

/** Where this person's logins are kept: FREEFLOW_CONFIG_DIR, else as the XDG Base Directory Specification has it. */
export function contextsFile({ FREEFLOW_CONFIG_DIR, XDG_CONFIG_HOME }: NodeJS.ProcessEnv): string {
  const set = (value: string | undefined) => (value === undefined || value === '' ? undefined : value);
  const dir =
    set(FREEFLOW_CONFIG_DIR) ?? path.join(set(XDG_CONFIG_HOME) ?? path.join(homedir(), '.config'), 'freeflow');
  return path.join(dir, 'contexts.json');
}

/**
 * The logins that are kept; none where there is no file yet.
 * @throws Failure where the file can't be read, never with its content
 */
export function readContexts(env: NodeJS.ProcessEnv): ContextStore {
  const file = contextsFile(env);
  try {
    const text = readIfThere(file);
    return text === undefined ? EMPTY : storeSchema.parse(JSON.parse(text));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(
      EXIT.usage,
      `${file} ${code === undefined ? 'is damaged, or written by another version' : `can't be read (${code})`}.`,
      'Repair it, or delete it and log in again: freeflow login',
      { cause: error },
    );
  }
}

type Change = (before: ContextStore) => ContextStore;

/**
 * Does what reads the logins and then changes them, such as a renewal, while no other command does.
 * @param work is given how to keep what a change makes of them, readable by this person alone
 */
export function withContexts<T>(
  env: NodeJS.ProcessEnv,
  work: (keep: (change: Change) => void) => T | Promise<T>,
): Promise<T> {
  const file = contextsFile(env);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  return withLock(`${file}.lock`, () =>
    work((change) => writePrivateFile(file, `${JSON.stringify(change(readContexts(env)), null, 2)}\n`)),
  );
}

/** Keeps what a change makes of the logins. */
export const changeContexts = (env: NodeJS.ProcessEnv, change: Change): Promise<void> =>
  withContexts(env, (keep) => keep(change));

/** One login under its name, beside all others. */
export const putContext =
  (name: string, context: Context): Change =>
  (before) => ({ ...before, contexts: { ...before.contexts, [name]: context } });
