import { z } from 'zod';
import { ConfigError, readConfig, VAULT_VARIABLES, variablesOf, type Environment } from '../config';
import { openVault, type VaultKv } from './kv';
import { vaultProblems } from './settings';

/** `vault://{mount}/{path}#{field}`, without a version: the newest counts. */
const REFERENCE = /^vault:\/\/([^#?]+)#([A-Za-z0-9_-]+)$/;

const settings = z.object(VAULT_VARIABLES).superRefine((values, context) => {
  for (const [variable, message] of vaultProblems(values))
    context.addIssue({ code: 'custom', path: [variable], message });
});

/** How a variable names a field of a secret in the vault. */
export const referenceTo = ({ mount }: Pick<VaultKv, 'mount'>, path: string, field: string): string =>
  `vault://${mount}/${path}#${field}`;

/**
 * The environment with what is in the vault in place of what names it: of any variable that carries a credential,
 * those of the vault itself aside. It is read once: what is changed there later counts from the next start on.
 * @throws ConfigError naming every reference that leads nowhere; VaultError
 */
export async function followReferences(schema: z.ZodObject, env: Environment): Promise<Environment> {
  const named = variablesOf(schema).flatMap(({ name, isSecret }) => {
    const [, place, field] = isSecret && !(name in VAULT_VARIABLES) ? (REFERENCE.exec(env[name] ?? '') ?? []) : [];
    return place === undefined || field === undefined ? [] : [{ name, place, field }];
  });
  if (named.length === 0) return env;
  const vault = openVault(readConfig(settings, env));
  if (vault === undefined) throw new ConfigError(`VAULT_ADDR is needed: ${named[0]?.name ?? ''} names a vault`);
  try {
    const elsewhere = named.filter(({ place }) => !place.startsWith(`${vault.mount}/`));
    if (elsewhere.length > 0)
      throw new ConfigError(
        elsewhere
          .map(({ name, place }) => `${name}: ${place} is not in the mount ${vault.mount} (VAULT_MOUNT)`)
          .join('\n'),
      );
    const found = await Promise.all(named.map(async (it) => ({ ...it, value: await readField(vault, it) })));
    const missing = found.filter(({ value }) => value === undefined);
    if (missing.length > 0)
      throw new ConfigError(
        missing.map(({ name, place, field }) => `${name}: there is no field ${field} at ${place}`).join('\n'),
      );
    return { ...env, ...Object.fromEntries(found.map(({ name, value }) => [name, value])) };
  } finally {
    await vault.close();
  }
}

async function readField(
  vault: VaultKv,
  { place, field }: { place: string; field: string },
): Promise<string | undefined> {
  return (await vault.read(place.slice(`${vault.mount}/`.length)))?.[field];
}
