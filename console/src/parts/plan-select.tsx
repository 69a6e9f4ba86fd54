import { NativeSelect } from '@mantine/core';
import type { ReactNode } from 'react';
import { usePlanNames } from './use-plan-names';

interface Props {
  /** '' for none. */
  value: string;
  onChange: (plan: string) => void;
  error?: ReactNode;
}

/** By which plan a tenant is limited; nothing where the installation has none to choose from. */
export function PlanSelect({ value, onChange, error }: Props) {
  const plans = usePlanNames(value);
  if (plans.length === 0) return null;
  return (
    <NativeSelect
      label="Plan"
      value={value}
      error={error}
      data={[
        { value: '', label: 'None: no limits' },
        ...plans.map(({ name, title }) => ({ value: name, label: title })),
      ]}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}
