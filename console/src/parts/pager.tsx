import { Button, Group } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconChevronsLeft } from '@tabler/icons-react';

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** The cursors of the pages of a list that lead to this one. */
    trail?: readonly string[];
  }
}

interface Props {
  /** The cursors of the pages that lead here. */
  trail: readonly string[];
  cursor: string | undefined;
  nextCursor: string | null;
  onGo: (cursor: string | undefined, trail: readonly string[]) => void;
}

/** To the pages beside this one. The API has no page by number: each names the one after it. */
export function Pager({ trail, cursor, nextCursor, onGo }: Props) {
  if (cursor === undefined && nextCursor === null) return null;
  return (
    <Group component="nav" aria-label="Pages of the list" justify="flex-end" gap="xs" mt="sm">
      <Button
        variant="default"
        size="xs"
        leftSection={<IconChevronsLeft size={14} aria-hidden />}
        disabled={cursor === undefined}
        onClick={() => onGo(undefined, [])}
      >
        Newest
      </Button>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconChevronLeft size={14} aria-hidden />}
        disabled={trail.length === 0}
        // '' stands for the first page, which has no cursor.
        onClick={() => onGo(trail.at(-1) || undefined, trail.slice(0, -1))}
      >
        Previous
      </Button>
      <Button
        variant="default"
        size="xs"
        rightSection={<IconChevronRight size={14} aria-hidden />}
        disabled={nextCursor === null}
        onClick={() => onGo(nextCursor ?? undefined, [...trail, cursor ?? ''])}
      >
        Next
      </Button>
    </Group>
  );
}
