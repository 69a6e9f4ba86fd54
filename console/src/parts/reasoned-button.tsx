import { Button, Tooltip, type ButtonProps } from '@mantine/core';

interface Props extends Omit<ButtonProps, 'disabled'> {
  /** Why it can't be done now; undefined where it can. */
  reason: string | undefined;
  onClick: () => void;
  'aria-label'?: string;
}

/** A button that says why it can't be used. Not disabled then: it could not be come to by keyboard to be told. */
export const ReasonedButton = ({ reason, onClick, ...props }: Props) => (
  <Tooltip label={reason} disabled={reason === undefined} multiline maw={320}>
    <Button
      {...props}
      data-disabled={reason === undefined ? undefined : true}
      aria-disabled={reason !== undefined}
      onClick={() => (reason === undefined ? onClick() : undefined)}
    />
  </Tooltip>
);
