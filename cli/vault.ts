import { VAULT_VARIABLES } from '@freeflow/lib/config';
import { followReferences, openVault, vaultProblems, type VaultKv } from '@freeflow/lib/vault';
import { z } from 'zod';
import { EXIT, Failure } from './failure';
import { toFailure } from './master-failures';
import { readOptions } from './settings';

const variables = z.object(VAULT_VARIABLES);

/**
 * The vault that the environment names; undefined where it names none. Close it in the end.
 * @throws Failure when a variable is missing or unusable
 */
export function openVaultHere(env: NodeJS.ProcessEnv): VaultKv | undefined {
  const values = readOptions(variables, env);
  const [problem] = vaultProblems(values);
  if (problem !== undefined)
    throw new Failure(EXIT.usage, problem.join(' '), 'Values are not repeated here: they may hold secrets.');
  return openVault(values);
}

/**
 * The environment as a worker with these variables reads it: a credential may be in the vault.
 * @throws Failure where a reference leads nowhere, or the vault does not answer
 */
export const followHere = (schema: z.ZodObject, env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> =>
  followReferences(schema, env).catch((error: unknown) => {
    throw toFailure(error);
  });
