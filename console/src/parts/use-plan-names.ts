import { useQuery } from '@tanstack/react-query';
import { plansQuery } from '../api/plans';
import { useApi } from '../auth/session';

/** The plans of the installation, by name and title; and the one that is chosen, which may be no more. */
export function usePlanNames(chosen: string): { name: string; title: string }[] {
  const plans = useQuery(plansQuery(useApi())).data?.items ?? [];
  const names = new Set([...plans.map(({ name }) => name), ...(chosen === '' ? [] : [chosen])]);
  return [...names].map((name) => ({ name, title: plans.find((it) => it.name === name)?.title ?? name }));
}
