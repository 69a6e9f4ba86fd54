import { Alert, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** Says that nobody knows whether something was done whose secret is shown once, and what can be done about it. */
export const LostAnswer = ({ wayOut }: { wayOut: ReactNode }) => (
  <Alert color="yellow" title="It is not known whether this was done" role="alert">
    <Text size="sm">
      The answer was lost. Send it again: it is the same request, which is done once, and its secret is shown then.
    </Text>
    <Text size="sm">{wayOut}</Text>
  </Alert>
);
