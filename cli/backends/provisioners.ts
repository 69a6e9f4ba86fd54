import { randomBytes } from 'node:crypto';
import type { SetUpOptions } from '../../backends/provisioner/module';
import type { Outcome, Password } from '../../backends/provisioner/outcome';
import type { LoginKeeper } from './login-keeper';
import type { ProvisionedBackend, SetUpInput } from './variables';

/** What became of one backend's provisioner. */
export interface SetUpResult {
  backend: ProvisionedBackend;
  who: string;
  at: string;
  outcome: Outcome | { error: unknown };
  /** Whether its password was generated just now. */
  isGenerated: boolean;
  /** The worker's variables; empty where the password is not known. */
  workerEnv: Record<string, string>;
}

/** How passwords are chosen, and where they are kept, beyond what the environment gives. */
interface Passwords {
  /** One that exists gets a new one. */
  rotate?: boolean;
  /** Where the worker finds what it logs in by. */
  keeper?: LoginKeeper | undefined;
}

/** Sets up one backend; a failure is part of the result, for others may succeed. */
export async function setUpProvisioner(
  input: SetUpInput,
  options: SetUpOptions,
  { rotate = false, keeper }: Passwords = {},
): Promise<SetUpResult> {
  const { kind, provisioner, values, password: given } = input;
  const fresh = { value: given ?? randomBytes(24).toString('base64url'), isForced: rotate || given !== undefined };
  const choose = async (): Promise<Password> => {
    const kept = fresh.isForced ? undefined : await keeper?.passwordOf(kind);
    return kept === undefined ? fresh : { value: kept, isForced: true };
  };
  const chosen = await choose().catch((error: unknown) => ({ error }));
  const password = 'error' in chosen ? fresh : chosen;
  const { who, at, run, workerEnv: envWith } = provisioner.plan(values, password, options);
  const login = { env: envWith(password.value), password: password.value };
  const set = async (): Promise<Outcome> => {
    if ('error' in chosen) throw chosen.error;
    if (keeper === undefined) return run();
    return password.isForced ? keeper.keepBefore(kind, login, run) : keeper.keepNew(kind, login, run);
  };
  const outcome = await set().catch((error: unknown) => ({ error }));
  const known = 'error' in outcome ? undefined : outcome.password;
  const workerEnv = (text: string) => (keeper === undefined ? envWith(text) : keeper.refer(kind, envWith(text)));
  return {
    backend: { kind, provisioner },
    who,
    at,
    outcome,
    isGenerated: given === undefined && known === password.value,
    workerEnv: known === undefined ? {} : workerEnv(known),
  };
}
