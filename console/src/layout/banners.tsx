import { Alert, Button, Group, Text } from '@mantine/core';
import { useSession } from '../auth/session';
import { useStreamState } from '../live/live';

/** What is wrong with all that is shown, and mends itself or is mended by one click. */
export function Banners() {
  const { hasEnded, forbidden, signIn } = useSession();
  const stream = useStreamState();
  if (hasEnded)
    return (
      <Alert color="yellow" mb="md" role="alert" title="Your sign-in has ended">
        <Group justify="space-between">
          <Text size="sm">What is shown is as it was then. Signing in brings you back to this page.</Text>
          <Button size="xs" onClick={signIn}>
            Sign in again
          </Button>
        </Group>
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
