/** Whether the API answers at all, to whomever. */
export async function isAnswering(): Promise<boolean> {
  const answer = await fetch('/health/live', { cache: 'no-store' }).catch(() => undefined);
  return answer?.ok ?? false;
}
