import { fail, type Finding } from '../../backends/doctor/check';
import {
  certificateProblem,
  reasonOf,
  SetUpError,
  type SetUpProblem,
  TRUST_ADVICE,
} from '../../backends/provisioner/errors';
import { EXIT, Failure } from '../failure';
import { toFailure } from '../master-failures';

const unreachable = (
  seen: string,
  advice = 'Is it up, and can it be reached from here? For the local stack: npm run stack:status',
): Finding => ({ ...fail(seen, advice), isUnreachable: true });

const ADVICE: Record<Exclude<SetUpProblem, 'unreachable'>, (variables: string) => string> = {
  certificate: () => TRUST_ADVICE,
  credentials: (variables) => `Check ${variables}.`,
  forbidden: () => 'Repeat: freeflow setup backends',
  'too-old': () => 'Upgrade the server.',
};

/** The codes of gRPC for a server that does not answer, or not in time. */
const GRPC_UNREACHABLE = [4, 14];

/**
 * What a failure of looking means.
 * @param variables by which the server was looked for
 */
export function explain(error: unknown, variables: readonly string[]): Finding {
  const names = variables.join(', ');
  const known = toFailure(error);
  if (known instanceof Failure)
    return known.exitCode === EXIT.unreachable
      ? unreachable(known.message, known.advice)
      : fail(known.message, known.advice);
  if (error instanceof SetUpError)
    return error.problem === 'unreachable'
      ? unreachable(error.message)
      : fail(error.message, ADVICE[error.problem](names));
  const untrusted = certificateProblem('the server', error);
  if (untrusted !== undefined) return fail(untrusted.message, TRUST_ADVICE);
  if (isSilence(error)) return unreachable(reasonOf(error));
  return fail(reasonOf(error), `Check ${names}.`);
}

/** `fetch` and gRPC without an answer. */
function isSilence(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.message === 'fetch failed' || error.name === 'TimeoutError') return true;
  return 'code' in error && GRPC_UNREACHABLE.includes(Number(error.code));
}

/** A check that went on for too long. */
export const timedOut = (limitMs: number): Finding => unreachable(`no answer within ${limitMs / 1_000} s`);
