import type { BackendKind } from '@freeflow/contract';
import { variablesOf } from '@freeflow/lib/config';
import { referenceTo, type Fields, type VaultKv } from '@freeflow/lib/vault';
import { z } from 'zod';
import { SetUpError, type SetUpProblem } from '../../backends/provisioner/errors';
import { PROVISIONER } from '../../backends/provisioner/names';
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
/** What a new login is about to get: written before the server knows it. */
const PENDING = 'pending';

/** By these the server has said no before anything was changed there; after any other failure it may be. */
const CHANGES_NOTHING: ReadonlySet<SetUpProblem> = new Set(['credentials', 'certificate', 'too-old']);
const changesNothing = (error: unknown): boolean => error instanceof SetUpError && CHANGES_NOTHING.has(error.problem);

/**
 * The workers' logins in a vault: `{path}/{backend}` has a field for each variable with a credential; that of a further
 * provisioner beside the first is at `{path}/{name}/{backend}`.
 */
export class LoginKeeper {
  private readonly path: string;

  constructor(
    private readonly vault: VaultKv,
    path: string,
    name: string,
  ) {
    this.path = name === PROVISIONER ? path : `${path}/${name}`;
  }

  /** What the vault has: the server gets it again, whatever it has. */
  passwordOf = async (kind: BackendKind): Promise<string | undefined> => {
    const found = await this.vault.read(this.placeOf(kind));
    return found?.[PASSWORD] ?? found?.[PENDING];
  };

  /**
   * Keeps a login that the server takes, whatever it has: it is written first, so that nothing which dies in between
   * leaves a password that nobody knows; run again, the server gets it. The former one is written again only where the
   * server can't have the new one.
   */
  async keepBefore(kind: BackendKind, login: Login, set: () => Promise<Outcome>): Promise<Outcome> {
    const former = await this.vault.read(this.placeOf(kind));
    await this.keep(kind, login);
    return this.orPutBack(kind, former, set);
  }

  /**
   * Keeps a login that the server takes only where it makes a new one: its password is in the vault before, too. One
   * that there is has kept its own, which nobody knows here.
   */
  async keepNew(kind: BackendKind, login: Login, set: () => Promise<Outcome>): Promise<Outcome> {
    const former = (await this.vault.read(this.placeOf(kind))) ?? {};
    await this.vault.put(this.placeOf(kind), { [PENDING]: login.password });
    const made = await this.orPutBack(kind, former, set);
    await (made.password === undefined ? this.vault.put(this.placeOf(kind), former) : this.keep(kind, login));
    return made;
  }

  private async orPutBack(
    kind: BackendKind,
    former: Fields | undefined,
    set: () => Promise<Outcome>,
  ): Promise<Outcome> {
    try {
      return await set();
    } catch (error) {
      // What the vault says to this must not hide why the server was not set up; the next run ends it either way.
      if (former !== undefined && changesNothing(error))
        await this.vault.put(this.placeOf(kind), former).catch(() => undefined);
      throw error;
    }
  }

  private keep(kind: BackendKind, { env, password }: Login): Promise<void> {
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
export function openLoginKeeper(env: NodeJS.ProcessEnv, path: string, name: string): LoginKeeper {
  const vault = openVaultHere(env);
  if (vault === undefined)
    throw new Failure(EXIT.usage, '--vault needs a vault.', 'Set VAULT_ADDR and a login that may write there.');
  return new LoginKeeper(vault, path, name);
}
