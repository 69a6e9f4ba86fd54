import { reasonOf, SetUpError, type SetUpProblem, TRUST_ADVICE } from '../../backends/provisioner/errors';
import { EXIT } from '../failure';
import type { Provisioned } from './provisioners';
import { type BackendName, ownerVariables, SET_UP_VARIABLES } from './variables';

export const QDRANT =
  'has nothing narrower than its API key, which may do everything there. So there is no provisioner to make: the worker gets the key (QDRANT_API_KEY), and nobody else should.';

/** What the owner of each backend must be able to do. */
const RIGHTS: Record<BackendName, string> = {
  postgres: 'The owner must be a superuser, or a role with CREATEDB and CREATEROLE that made the provisioner.',
  mongodb: 'The owner must be allowed to make users and roles in database admin, with these rights: root is.',
  keycloak: 'The owner must be a service account that administers the realm master: role admin.',
};

const WAYS_OUT: Record<SetUpProblem, { exitCode: number; advice: (backend: BackendName) => string }> = {
  unreachable: { exitCode: EXIT.unreachable, advice: () => 'Is it up, and can it be reached from here?' },
  certificate: { exitCode: EXIT.refused, advice: () => TRUST_ADVICE },
  credentials: { exitCode: EXIT.refused, advice: (backend) => `Check ${ownerVariables(backend).join(', ')}.` },
  forbidden: { exitCode: EXIT.refused, advice: (backend) => RIGHTS[backend] },
  'too-old': { exitCode: EXIT.refused, advice: () => 'Upgrade the server.' },
};

/** A failure at one backend, to be shown. */
export interface Told {
  exitCode: number;
  message: string;
  advice: string;
}

export const failureOf = ({ backend, outcome }: Provisioned): Told | undefined => {
  if (!('error' in outcome)) return undefined;
  const { error } = outcome;
  const { exitCode, advice } =
    error instanceof SetUpError
      ? WAYS_OUT[error.problem]
      : { exitCode: EXIT.refused, advice: () => 'Repeat it once that is mended.' };
  return { exitCode, message: reasonOf(error), advice: advice(backend) };
};

/** What was done at one backend, in lines; no secret in any. */
export function reportOf(it: Provisioned, isPrinting: boolean): string {
  const { title } = SET_UP_VARIABLES[it.backend];
  return [`${title} at ${it.at}, ${it.who}`, ...lines(it, isPrinting).map((line) => `  ${line}`)].join('\n');
}

function lines(it: Provisioned, isPrinting: boolean): string[] {
  const failure = failureOf(it);
  if (failure !== undefined) return [`failed: ${failure.message}`, failure.advice];
  if ('error' in it.outcome) return [];
  const { did, warnings } = it.outcome;
  return [
    ...(did.length === 0 && warnings.length === 0 ? ['as it should be'] : did),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...passwordHint(it, isPrinting),
  ];
}

/** Nobody should look for a password in vain. */
export function passwordHint({ backend, isMadeUp, workerEnv }: Provisioned, isPrinting: boolean): string[] {
  const { password } = SET_UP_VARIABLES[backend];
  if (!isPrinting && isMadeUp)
    return [
      `its password was made up, and is shown by --print-env and --json only; to choose one, set ${password} and repeat`,
    ];
  if (isPrinting && Object.keys(workerEnv).length === 0)
    return [
      `it has kept its password, which the server tells nobody; to give it a new one, set ${password} and repeat`,
    ];
  return [];
}

/** Those whose variables are not set. */
export const leftOut = (backends: readonly BackendName[]): string =>
  `Left out: ${backends.map((it) => `${SET_UP_VARIABLES[it].title} (without ${ownerVariables(it).join(', ')})`).join('; ')}`;

/** One line for each variable, for a shell to read: whatever is in a value is only text. */
export const envLines = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}='${value.replaceAll("'", `'\\''`)}'`)
    .join('\n');
