import { Code } from '@mantine/core';
import { useSession } from '../auth/session';

/** Who has asked for something: the API knows subjects of tokens, and the audit trail what they were called then. */
export function Person({ subject }: { subject: string }) {
  const session = useSession();
  return subject === session.subject ? 'you' : <Code className="any-break">{subject}</Code>;
}
