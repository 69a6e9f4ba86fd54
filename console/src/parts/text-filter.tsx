import { TextInput, type TextInputProps } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';

const TYPING_MS = 350;

interface Props extends Omit<TextInputProps, 'value' | 'onChange'> {
  value: string | undefined;
  /** What of a typed text can be filtered by. @default all of it */
  clean?: (text: string) => string;
  /** Told when typing pauses. */
  onSettle: (value: string | undefined) => void;
}

/** A text that a list is filtered by. What it is set to from elsewhere, such as a link, it shows as well. */
export function TextFilter({ value, clean = (text) => text, onSettle, ...props }: Props) {
  const [typed, setTyped] = useState(value ?? '');
  const [told, setTold] = useState(value);
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    setShown(value);
    // What was told comes back by the address, while more may have been typed.
    if (value !== told) {
      setTold(value);
      setTyped(value ?? '');
    }
  }
  const tell = useDebouncedCallback((text: string) => {
    const settled = text === '' ? undefined : text;
    setTold(settled);
    onSettle(settled);
  }, TYPING_MS);
  return (
    <TextInput
      type="search"
      size="xs"
      value={typed}
      onChange={({ currentTarget }) => {
        const text = clean(currentTarget.value);
        setTyped(text);
        tell(text.trim());
      }}
      {...props}
    />
  );
}
