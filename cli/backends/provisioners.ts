import { randomBytes } from 'node:crypto';
import type { SetUpOptions } from '../../backends/provisioner/module';
import type { Outcome } from '../../backends/provisioner/outcome';
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
  const kept = rotate || given !== undefined ? undefined : await keeper?.passwordOf(kind);
  const isForced = rotate || given !== undefined || kept !== undefined;
  const password = { value: given ?? kept ?? randomBytes(24).toString('base64url'), isForced };
  const { who, at, run, workerEnv: envWith } = provisioner.plan(values, password, options);
  const login = { env: envWith(password.value), password: password.value };
  const setAndKeep = async (): Promise<Outcome> => {
    if (keeper !== undefined && isForced) return keeper.keepBefore(kind, login, run);
    const made = await run();
    if (made.password !== undefined) await keeper?.keep(kind, login);
    return made;
  };
  const outcome = await setAndKeep().catch((error: unknown) => ({ error }));
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
