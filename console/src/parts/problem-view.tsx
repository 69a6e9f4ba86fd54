import { Alert, Code, Text } from '@mantine/core';
import { ZodError } from 'zod';
import { Refusal, SignedOut, Unreachable } from '../api/client';

interface Told {
  title: string;
  detail: string;
  advice: string;
  requestId?: string;
}

/** A failure, as people are told it: what happened, then what to do. */
export function tell(error: unknown): Told {
  if (error instanceof Refusal) {
    const { title, detail, advice, requestId } = error.problem;
    return { title, detail, advice, requestId };
  }
  if (error instanceof Unreachable)
    return {
      title: 'No answer',
      detail: error.message,
      advice:
        'What is read is asked for again by itself. A change may have been made or not: look, then send it again.',
    };
  if (error instanceof SignedOut)
    return { title: 'Signed out', detail: error.message, advice: 'Sign in again to go on.' };
  if (error instanceof ZodError)
    return {
      title: 'An answer of another version',
      detail: 'The API has answered in a form that this page does not know.',
      advice: 'Load the page anew.',
    };
  const detail = error instanceof Error ? error.message : String(error);
  return { title: 'Something unexpected has happened', detail, advice: 'Load the page anew.' };
}

/** A failure in place of what could not be read. */
export function ProblemView({ error }: { error: unknown }) {
  const { title, detail, advice, requestId } = tell(error);
  return (
    <Alert color="red" title={title} role="alert">
      <Text size="sm">{detail}</Text>
      <Text size="sm">{advice}</Text>
      {requestId === undefined ? null : (
        <Text size="xs" mt={4}>
          Request <Code>{requestId}</Code>
        </Text>
      )}
    </Alert>
  );
}
