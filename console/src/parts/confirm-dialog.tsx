import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  title: string;
  /** What comes of it. */
  children: ReactNode;
  /** What it is called on the button. */
  action: string;
  isDangerous?: boolean;
  isBusy?: boolean;
  isDisabled?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Says what comes of something before it is done. */
export function ConfirmDialog({ title, children, action, isDangerous, isBusy, isDisabled, onConfirm, onClose }: Props) {
  return (
    <Modal opened onClose={onClose} title={title} size="lg">
      <Stack gap="sm">
        {children}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            {...(isDangerous === true ? { color: 'red.9' } : {})}
            loading={isBusy ?? false}
            disabled={isDisabled ?? false}
            onClick={onConfirm}
          >
            {action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
