import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { plansQuery } from '../api/plans';
import { useApi } from '../auth/session';

interface Props {
  /** '' for none. */
  value: string;
  onChange: (plan: string) => void;
  error?: ReactNode;
}

/** By which plan a tenant is limited; nothing where the installation has none to choose from. */
export function PlanSelect({ value, onChange, error }: Props) {
  const plans = useQuery(plansQuery(useApi())).data?.items ?? [];
  // One that is no more is shown all the same, as what it is now.
  const names = [...new Set([...plans.map(({ name }) => name), ...(value === '' ? [] : [value])])];
  if (names.length === 0) return null;
  const titleOf = (name: string) => plans.find((it) => it.name === name)?.title ?? name;
  return (
    <NativeSelect
      label="Plan"
      value={value}
      error={error}
      data={[{ value: '', label: 'None: no limits' }, ...names.map((it) => ({ value: it, label: titleOf(it) }))]}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}
