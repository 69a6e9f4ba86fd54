import { labelFilter } from '@freeflow/contract/http';
import { TagsInput, type TagsInputProps } from '@mantine/core';
import { useState } from 'react';

type Props = Omit<TagsInputProps, 'error' | 'onChange' | 'value'> & {
  value: readonly string[];
  onChange: (labels: string[]) => void;
  /** Told while what was typed last is no label, and so not in the value: a dialog must not go on without it. */
  onRefused?: (isRefused: boolean) => void;
};

/** Labels as `key:value`, one after the other by Enter; what is none is said and not taken. */
export function LabelsInput({ value, onChange, onRefused, ...props }: Props) {
  const [refused, setRefused] = useState<string>();
  const refuse = (wrong: string | undefined) => {
    setRefused(wrong);
    onRefused?.(wrong !== undefined);
  };
  return (
    <TagsInput
      placeholder={value.length === 0 ? 'key:value' : ''}
      // A value may have commas.
      splitChars={[]}
      {...props}
      value={[...value]}
      // What is refused is gone from the field; whoever types anew has seen it. Empty it is also when it is left.
      onSearchChange={(text) => {
        if (text !== '') refuse(undefined);
      }}
      error={refused === undefined ? undefined : `${refused}: must be key:value`}
      onChange={(labels) => {
        const wrong = labels.find((it) => !labelFilter.safeParse(it).success);
        refuse(wrong);
        if (wrong === undefined) onChange(labels);
      }}
    />
  );
}
