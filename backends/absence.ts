import type { AbsenceProof } from './backend';
import { BackendFault } from './failures';

/**
 * Turns checks for a dropped resource into proofs of its absence.
 * @throws BackendFault `still-there`, naming all that was found
 */
export function assertAllAbsent(
  server: string,
  checks: readonly [what: string, by: AbsenceProof['by'], isThere: boolean][],
): AbsenceProof[] {
  const there = checks.filter(([, , isThere]) => isThere).map(([what]) => what);
  if (there.length > 0) throw new BackendFault('still-there', `${server}: still there: ${there.join(', ')}`);
  return checks.map(([what, by]) => ({ what, by, answer: 'absent' }));
}
