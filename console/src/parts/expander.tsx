import { ActionIcon } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';

/** Opens what there is beyond a row. */
export const Expander = ({ of, isOpen, onToggle }: { of: string; isOpen: boolean; onToggle: () => void }) => (
  <ActionIcon
    variant="subtle"
    color="gray"
    size={24}
    aria-expanded={isOpen}
    aria-label={`Details of ${of}`}
    onClick={onToggle}
  >
    {isOpen ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
  </ActionIcon>
);
