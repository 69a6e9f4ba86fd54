import { BASE } from '../auth/user-manager';

/** Whether the API answers at all, to whomever: by what it has served this page from, which is surely let through. */
export async function isAnswering(): Promise<boolean> {
  const answer = await fetch(`${BASE}/`, { cache: 'no-store' }).catch(() => undefined);
  return answer?.ok ?? false;
}
