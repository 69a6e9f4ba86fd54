import { BACKENDS, type BackendKind } from '@freeflow/contract';
import { quoteShell } from '@freeflow/lib/shell';
import { reasonOf, SetUpError, type SetUpProblem, TRUST_ADVICE } from '../../backends/provisioner/errors';
import { EXIT } from '../failure';
import type { SetUpResult } from './provisioners';
import { ownerVariables, type ProvisionedBackend, WITHOUT_PROVISIONER } from './variables';

const WAYS_OUT: Record<SetUpProblem, { exitCode: number; advice: (backend: ProvisionedBackend) => string }> = {
  unreachable: { exitCode: EXIT.unreachable, advice: () => 'Is it up, and can it be reached from here?' },
  certificate: { exitCode: EXIT.refused, advice: () => TRUST_ADVICE },
  credentials: { exitCode: EXIT.refused, advice: (backend) => `Check ${ownerVariables(backend).join(', ')}.` },
  forbidden: { exitCode: EXIT.refused, advice: ({ provisioner }) => provisioner.ownerRights },
  'too-old': { exitCode: EXIT.refused, advice: () => 'Upgrade the server.' },
};

/** A failure at one backend, for people. */
export interface SetUpFailure {
  exitCode: number;
  message: string;
  advice: string;
}

export function failureOf({ backend, outcome }: SetUpResult): SetUpFailure | undefined {
  if (!('error' in outcome)) return undefined;
  const { error } = outcome;
  const { exitCode, advice } =
    error instanceof SetUpError
      ? WAYS_OUT[error.problem]
      : { exitCode: EXIT.refused, advice: () => 'Fix the cause and run the command again.' };
  return { exitCode, message: reasonOf(error), advice: advice(backend) };
}

/** What was done at one backend, in lines; no secret in any. */
export function reportOf(result: SetUpResult, isPrinting: boolean): string {
  const { title } = BACKENDS[result.backend.kind];
  return [`${title} at ${result.at}, ${result.who}`, ...lines(result, isPrinting).map((line) => `  ${line}`)].join(
    '\n',
  );
}

function lines(result: SetUpResult, isPrinting: boolean): string[] {
  const failure = failureOf(result);
  if (failure !== undefined) return [`failed: ${failure.message}`, failure.advice];
  if ('error' in result.outcome) return [];
  const { did, warnings } = result.outcome;
  return [
    ...(did.length === 0 && warnings.length === 0 ? ['no change needed'] : did),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...passwordHint(result, isPrinting),
  ];
}

/** Where to find the provisioner's password. */
export function passwordHint({ backend, isGenerated, workerEnv }: SetUpResult, isPrinting: boolean): string[] {
  const { passwordVariable } = backend.provisioner;
  if (!isPrinting && isGenerated)
    return [
      `its password was generated, and is shown by --print-env and --json only; to choose one, set ${passwordVariable} and repeat`,
    ];
  if (isPrinting && Object.keys(workerEnv).length === 0)
    return [`it has kept its password, which can't be read back; to change it, set ${passwordVariable} and repeat`];
  return [];
}

/** The backends that were left out since their variables are not set. */
export const describeLeftOut = (backends: readonly ProvisionedBackend[]): string =>
  `Left out: ${backends.map((it) => `${BACKENDS[it.kind].title} (without ${ownerVariables(it).join(', ')})`).join('; ')}`;

/** The backends that have no provisioner, each with the reason. */
export const withoutProvisioner = (): string[] =>
  Object.entries(WITHOUT_PROVISIONER).map(([kind, why]) => `${BACKENDS[kind as BackendKind].title}\n  ${why}`);

/** One line for each variable, for a shell to read: a value is quoted, so that nothing in it is executed. */
export const envLines = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}=${quoteShell(value)}`)
    .join('\n');
