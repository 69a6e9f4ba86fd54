import type { ProblemBody } from '@freeflow/contract/http';
import { Button, Code, Group, Stack, Text, Title } from '@mantine/core';
import { useSession } from '../auth/session';

/** In place of every page: the API lets this person read nothing. */
export function NotAllowed({ problem }: { problem: ProblemBody }) {
  const { name, signOut, recheck } = useSession();
  return (
    <Stack align="flex-start" maw={640}>
      <Title order={1} size="h3">
        You are not allowed to use this console
      </Title>
      <Text>
        You are signed in as <Code>{name}</Code>. {problem.detail}
      </Text>
      <Text>{problem.advice} Then sign out and in again, so that you get a token that has it.</Text>
      <Group>
        <Button onClick={signOut}>Sign out</Button>
        <Button variant="default" onClick={recheck}>
          Try again
        </Button>
      </Group>
    </Stack>
  );
}
