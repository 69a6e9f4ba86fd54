import { Button, Stack, Title } from '@mantine/core';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { ProblemView } from './problem-view';

/** In place of a page that can't be shown. */
export function FailedPage({ error, reset }: ErrorComponentProps) {
  return (
    <Stack align="flex-start">
      <Title order={1} size="h3">
        This page can not be shown
      </Title>
      <ProblemView error={error} />
      <Button variant="default" onClick={reset}>
        Try again
      </Button>
    </Stack>
  );
}
