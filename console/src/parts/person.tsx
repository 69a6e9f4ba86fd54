import { Code } from '@mantine/core';
import { useSession } from '../auth/session';

/** Who has asked for something: the API knows people by their subject alone. */
export function Person({ subject }: { subject: string }) {
  const session = useSession();
  return subject === session.subject ? 'you' : <Code className="any-break">{subject}</Code>;
}
