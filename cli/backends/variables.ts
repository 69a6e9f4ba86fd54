import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import { ConfigError, readConfigGroup, rolePassword, secret } from '@freeflow/lib/config';
import { z } from 'zod';
import type { Provisioner } from '../../backends/provisioner/module';
import { moduleOf } from '../../backends/registry';
import { EXIT, Failure } from '../failure';

const PASSWORD = secret(rolePassword().optional(), 'a password for the provisioner');

/** A backend that has a provisioner to set up. */
export interface ProvisionedBackend {
  readonly kind: BackendKind;
  readonly provisioner: Provisioner;
}

/** All backends that have a provisioner, in their order. */
export const PROVISIONED_BACKENDS: readonly ProvisionedBackend[] = BACKEND_KINDS.flatMap((kind) => {
  const { provisioner } = moduleOf(kind);
  return 'plan' in provisioner ? [{ kind, provisioner }] : [];
});

/** Why the other backends have none, by kind. */
export const WITHOUT_PROVISIONER: Readonly<Partial<Record<BackendKind, string>>> = Object.fromEntries(
  BACKEND_KINDS.flatMap((kind) => {
    const { provisioner } = moduleOf(kind);
    return 'plan' in provisioner ? [] : [[kind, provisioner.isMissingBecause]];
  }),
);

/** The names of an owner's variables. */
export const ownerVariables = ({ provisioner }: ProvisionedBackend): string[] =>
  Object.keys(provisioner.ownerVariables);

/** What the environment gives for one backend: the owner's access, and maybe a password for its provisioner. */
export interface SetUpInput extends ProvisionedBackend {
  readonly values: Readonly<Record<string, unknown>>;
  readonly password: string | undefined;
}

/**
 * Reads which backends to set up: those whose variables are set. An empty one counts as unset.
 * @throws Failure that names every variable that is missing or wrong, never with a value
 */
export function readSetUpInputs(env: NodeJS.ProcessEnv): SetUpInput[] {
  const read = PROVISIONED_BACKENDS.map((backend) => readOne(backend, env));
  const problems = read.filter((it) => it instanceof ConfigError);
  if (problems.length > 0)
    throw new Failure(
      EXIT.usage,
      problems.map(({ message }) => message).join('\n'),
      'Values are not repeated here: they may hold secrets.',
    );
  const inputs = read.flatMap((it) => (it === undefined || it instanceof ConfigError ? [] : [it]));
  if (inputs.length === 0)
    throw new Failure(
      EXIT.usage,
      `Nothing to set up: none of ${PROVISIONED_BACKENDS.flatMap(ownerVariables).join(', ')} is set.`,
      'Set those of the backends to set up; --help shows an example.',
    );
  return inputs;
}

function readOne(backend: ProvisionedBackend, env: NodeJS.ProcessEnv): SetUpInput | ConfigError | undefined {
  const { ownerVariables: owner, passwordVariable } = backend.provisioner;
  try {
    const values = readConfigGroup(z.object({ ...owner, [passwordVariable]: PASSWORD }), env);
    if (values === undefined) return undefined;
    const password = values[passwordVariable];
    return { ...backend, values, password: typeof password === 'string' ? password : undefined };
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}
