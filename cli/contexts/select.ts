import { EXIT, Failure } from '../failure';
import { readContexts, type Context } from './store';

/** A login that is kept, with its name. */
export interface SelectedContext {
  name: string;
  context: Context;
}

/**
 * The login that a command works with: the one that FREEFLOW_CONTEXT names, else the one in use; undefined where there
 * is none.
 * @throws Failure where FREEFLOW_CONTEXT names one that isn't there
 */
export function selectContext(env: NodeJS.ProcessEnv): SelectedContext | undefined {
  const named = env['FREEFLOW_CONTEXT'] ?? '';
  const { current, contexts } = readContexts(env);
  const name = named === '' ? current : named;
  if (name === undefined) return undefined;
  const context = contexts[name];
  if (context === undefined)
    throw new Failure(
      EXIT.usage,
      `There is no context ${name}.`,
      'See those that there are: freeflow contexts list. Make one: freeflow login',
    );
  return { name, context };
}

/**
 * The login that commands work with where the environment names no installation: a stack that is named is meant,
 * whatever context is in use.
 */
export function contextInUse(env: NodeJS.ProcessEnv): SelectedContext | undefined {
  const { FREEFLOW_CONTEXT: named = '', FREEFLOW_STACK_DIR: stack = '' } = env;
  return named === '' && stack !== '' ? undefined : selectContext(env);
}
