import { Button, Group } from '@mantine/core';

interface Props {
  /** What it is called on the button. */
  action: string;
  isBusy?: boolean;
  isDisabled?: boolean;
  isDangerous?: boolean;
  /** Whether it can be left only once what is under way has ended. */
  isHeldWhileBusy?: boolean;
  /** @default the form around it is submitted */
  onConfirm?: () => void;
  onClose: () => void;
}

/** The end of a dialog: one leaves it, or does what it is for. */
export const DialogButtons = ({
  action,
  isBusy = false,
  isDisabled = false,
  isDangerous = false,
  isHeldWhileBusy = false,
  onConfirm,
  onClose,
}: Props) => (
  <Group justify="flex-end">
    <Button variant="default" disabled={isHeldWhileBusy && isBusy} onClick={onClose}>
      Cancel
    </Button>
    <Button
      type={onConfirm === undefined ? 'submit' : 'button'}
      color={isDangerous ? 'red.9' : undefined}
      loading={isBusy}
      disabled={isDisabled}
      onClick={onConfirm}
    >
      {action}
    </Button>
  </Group>
);
