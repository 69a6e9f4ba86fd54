import type { AbsenceProof } from './backend';
import { BackendFault } from './failures';

/**
 * The looks at a server as proof of absence.
 * @throws BackendFault `still-there`, naming all that was found
 */
export function allAbsent(
  server: string,
  looks: readonly [what: string, by: AbsenceProof['by'], isThere: boolean][],
): AbsenceProof[] {
  const there = looks.filter(([, , isThere]) => isThere).map(([what]) => what);
  if (there.length > 0) throw new BackendFault('still-there', `${server}: still there: ${there.join(', ')}`);
  return looks.map(([what, by]) => ({ what, by, answer: 'absent' }));
}
