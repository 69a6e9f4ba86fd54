import { Button, Stack, Title } from '@mantine/core';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { ProblemView } from './problem-view';

/** In place of a page that can't be shown. */
export function FailedPage({ error }: ErrorComponentProps) {
  return (
    <Stack align="flex-start">
      <Title order={1} size="h3">
        This page can not be shown
      </Title>
      <ProblemView error={error} />
      {/* What was given up, as a part that a newer build has replaced, is given up until the page is loaded anew. */}
      <Button variant="default" onClick={() => globalThis.location.reload()}>
        Load the page again
      </Button>
    </Stack>
  );
}
