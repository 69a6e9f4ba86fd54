import { labelFilter } from '@freeflow/contract/http';
import { TagsInput, type TagsInputProps } from '@mantine/core';
import { useState } from 'react';

type Props = Omit<TagsInputProps, 'error' | 'onChange' | 'value'> & {
  value: readonly string[];
  onChange: (labels: string[]) => void;
};

/** Labels as `key:value`, one after the other by Enter; what is none is said and not taken. */
export function LabelsInput({ value, onChange, ...props }: Props) {
  const [refused, setRefused] = useState<string>();
  return (
    <TagsInput
      placeholder={value.length === 0 ? 'key:value' : ''}
      // A value may have commas.
      splitChars={[]}
      {...props}
      value={[...value]}
      error={refused === undefined ? undefined : `${refused}: must be key:value`}
      onChange={(labels) => {
        const wrong = labels.find((it) => !labelFilter.safeParse(it).success);
        setRefused(wrong);
        if (wrong === undefined) onChange(labels);
      }}
    />
  );
}
