import type { BackendKind } from '@freeflow/contract';
import { variablesOf } from '@freeflow/lib/config';
import { referenceTo, type VaultKv } from '@freeflow/lib/vault';
import { z } from 'zod';
import type { Outcome } from '../../backends/provisioner/outcome';
import { BACKEND_VARIABLES } from '../../backends/registry';
import { EXIT, Failure } from '../failure';
import { openVaultHere } from '../vault';

type Variables = Readonly<Record<string, string>>;

const SECRETS = new Set(variablesOf(z.object(BACKEND_VARIABLES)).flatMap((it) => (it.isSecret ? [it.name] : [])));
const secretsOf = (env: Variables): Variables =>
  Object.fromEntries(Object.entries(env).filter(([name]) => SECRETS.has(name)));

/** A password, and the worker's variables with it. */
interface Login {
  env: Variables;
  password: string;
}

const PASSWORD = 'password';

/** The workers' logins in a vault: `{path}/{backend}` has a field for each variable with a credential. */
export class LoginKeeper {
  constructor(
    private readonly vault: VaultKv,
    private readonly path: string,
  ) {}

  /** What the vault has: the server gets it again, whatever it has. */
  passwordOf = async (kind: BackendKind): Promise<string | undefined> =>
    (await this.vault.read(this.placeOf(kind)))?.[PASSWORD];

  /**
   * Keeps a login that the server takes, whatever it has: it is written first, so that nothing which dies in between
   * leaves a password that nobody knows; run again, the server gets it. Where the server refuses, the former one is
   * written again.
   */
  async keepBefore(kind: BackendKind, login: Login, set: () => Promise<Outcome>): Promise<Outcome> {
    const former = await this.vault.read(this.placeOf(kind));
    await this.keep(kind, login);
    try {
      return await set();
    } catch (error) {
      if (former !== undefined) await this.vault.put(this.placeOf(kind), former);
      throw error;
    }
  }

  keep(kind: BackendKind, { env, password }: Login): Promise<void> {
    return this.vault.put(this.placeOf(kind), { ...secretsOf(env), [PASSWORD]: password });
  }

  /** The worker's variables, with references in place of what is in the vault. */
  refer(kind: BackendKind, env: Variables): Record<string, string> {
    const named = Object.keys(secretsOf(env)).map((it) => [it, referenceTo(this.vault, this.placeOf(kind), it)]);
    return { ...env, ...Object.fromEntries(named) };
  }

  close(): Promise<void> {
    return this.vault.close();
  }

  private readonly placeOf = (kind: BackendKind): string => `${this.path}/${kind}`;
}

/** @throws Failure when the environment names no vault */
export function openLoginKeeper(env: NodeJS.ProcessEnv, path: string): LoginKeeper {
  const vault = openVaultHere(env);
  if (vault === undefined)
    throw new Failure(EXIT.usage, '--vault needs a vault.', 'Set VAULT_ADDR and a login that may write there.');
  return new LoginKeeper(vault, path);
}
