import { Box, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';

/** What is told of something when one points at it, touches it, or comes to it by keyboard. */
export const Hint = ({ text, children }: { text: string; children: ReactNode }) => (
  <Tooltip label={text} multiline maw={360}>
    {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- else it could be read by mouse alone */}
    <Box component="span" tabIndex={0}>
      {children}
    </Box>
  </Tooltip>
);
