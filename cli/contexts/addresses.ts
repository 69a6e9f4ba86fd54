import { stackInfoSchema } from '@freeflow/contract/stack-info';
import { VARIABLES } from '@freeflow/lib/config';
import { isPrivate } from '@freeflow/lib/oauth';
import { z } from 'zod';
import { EXIT, Failure } from '../failure';
import { readOptions, readStackFile } from '../settings';
import { contextInUse } from './select';

const apiUrl = z.object({ FREEFLOW_API_URL: VARIABLES.FREEFLOW_API_URL.optional() });

/**
 * The API that a person logs in at: the one that is given, else that of the environment, of the context in use, or of
 * the local stack.
 * @throws Failure where there is none, or it is no address
 */
export function apiUrlFor(env: NodeJS.ProcessEnv, given: string | undefined): string {
  if (given !== undefined) assertAddress(given, '--api');
  const url =
    given ??
    readOptions(apiUrl, env).FREEFLOW_API_URL ??
    contextInUse(env)?.context.apiUrl ??
    readStackFile(env, stackInfoSchema.pick({ api: true }))?.api.url;
  if (url === undefined)
    throw new Failure(EXIT.usage, 'No local stack runs.', 'Name the API by --api, or start a stack with npm start.');
  return url.replace(/\/$/, '');
}

/** @throws Failure where what is given is no address */
export function assertAddress(given: string, option: string): void {
  if (VARIABLES.FREEFLOW_API_URL.safeParse(given).success) return;
  throw new Failure(EXIT.usage, `${option} ${given} is not http(s)://HOST:PORT/PATH.`, 'Give a whole address.');
}

/** @throws Failure where a token would be sent so that others can read it */
export function assertPrivate(url: string, option: string): void {
  if (isPrivate(url)) return;
  throw new Failure(
    EXIT.usage,
    `${url} is plain HTTP: whoever is on the way could read the tokens.`,
    `Use https in ${option}, or --insecure where the network is your own.`,
  );
}
