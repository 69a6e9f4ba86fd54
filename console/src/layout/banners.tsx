import { Alert, Button, Group, Text } from '@mantine/core';
import { useSession } from '../auth/session';
import { useStreamState } from '../live/live';

/** What is wrong with all that is shown, and mends itself or is mended by one click. */
export function Banners() {
  const { hasEnded, rejected, forbidden, signIn } = useSession();
  const stream = useStreamState();
  if (hasEnded || rejected !== null)
    return (
      <Alert
        color="yellow"
        mb="md"
        role="alert"
        title={hasEnded ? 'Your sign-in has ended' : 'The API does not take your sign-in'}
      >
        <Group justify="space-between">
          <Text size="sm">
            {hasEnded ? '' : `${rejected?.detail ?? ''} `}What is shown is as it was then. Signing in brings you back to
            this page.
          </Text>
          <Button size="xs" onClick={signIn}>
            Sign in again
          </Button>
        </Group>
      </Alert>
    );
  if (stream === 'alone' && forbidden === null)
    return (
      <Alert color="yellow" mb="md" role="alert" title="Live updates are cut">
        <Text size="sm">
          The API answers, but its stream of events does not come through. It is tried again by itself; meanwhile what
          is shown is read anew every quarter of a minute.
        </Text>
      </Alert>
    );
  if (stream === 'cut' && forbidden === null)
    return (
      <Alert color="yellow" mb="md" role="alert" title="Not connected">
        <Text size="sm">
          The API, or the issuer of its tokens, does not answer: what is shown may be old. It is tried again by itself.
        </Text>
      </Alert>
    );
  return null;
}
