import { Modal, Stack } from '@mantine/core';
import type { ComponentProps, ReactNode } from 'react';
import { DialogButtons } from './dialog-buttons';

interface Props extends Omit<ComponentProps<typeof DialogButtons>, 'isHeldWhileBusy'> {
  title: string;
  /** What comes of it. */
  children: ReactNode;
  onConfirm: () => void;
}

/** Says what comes of something before it is done. */
export function ConfirmDialog({ title, children, ...buttons }: Props) {
  return (
    <Modal opened onClose={buttons.onClose} title={title} size="lg">
      <Stack gap="sm">
        {children}
        <DialogButtons {...buttons} />
      </Stack>
    </Modal>
  );
}
