import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { caller } from './client/http';
import { openSession } from './client/session';
import { tenantsOf } from './client/tenants';

/** As many names as one page has; more would be of no use to whoever presses Tab. */
const MOST_NAMES = 200;
/** A shell stands still until it has its answer. */
const PATIENCE_MS = 2_000;

/** Whether these words are the completion's: the script of a shell, or what that asks for at each Tab. */
export const isCompletion = ([word]: readonly string[]): boolean => word === 'complete';

/**
 * Adds `complete` to a program that has all its other commands: the scripts for shells, and the answers that these ask
 * for, names of living tenants among them.
 */
export async function addCompletion(program: Command, env: NodeJS.ProcessEnv, words: readonly string[]): Promise<void> {
  const { default: tab } = await import('@bomb.sh/tab/commander');
  const { commands } = tab(program);
  const line = words.slice(2).join(' ');
  const asked = [...commands].find(([name, it]) => it.arguments.has('tenant') && line.startsWith(`${name} `))?.[1];
  if (words[1] !== '--' || asked === undefined) return;
  const names = await Promise.race([tenantNames(env), delay(PATIENCE_MS, [])]);
  asked.argument('tenant', (complete) => {
    for (const { name, status } of names) complete(name, status);
  });
}

/**
 * None where nobody is logged in, nothing answers, or the login is to be renewed, which the end of the patience would
 * cut short: a completion has no place for errors.
 */
async function tenantNames(env: NodeJS.ProcessEnv): Promise<{ name: string; status: string }[]> {
  try {
    return (await tenantsOf(caller(openSession(env, { canRenew: false }), { isPatient: false })).list({}, MOST_NAMES))
      .items;
  } catch {
    return [];
  }
}
