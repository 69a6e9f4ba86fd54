import { randomBytes } from 'node:crypto';
import type { SetUpOptions } from '../../backends/provisioner/module';
import type { Outcome } from '../../backends/provisioner/outcome';
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

/** Sets up one backend; a failure is part of the result, for others may succeed. */
export async function setUpProvisioner(input: SetUpInput, options: SetUpOptions): Promise<SetUpResult> {
  const { kind, provisioner, values, password: given } = input;
  const password = { value: given ?? randomBytes(24).toString('base64url'), isForced: given !== undefined };
  const { who, at, run, workerEnv } = provisioner.plan(values, password, options);
  const outcome = await run().catch((error: unknown) => ({ error }));
  const known = 'error' in outcome ? undefined : outcome.password;
  return {
    backend: { kind, provisioner },
    who,
    at,
    outcome,
    isGenerated: given === undefined && known === password.value,
    workerEnv: known === undefined ? {} : workerEnv(known),
  };
}
