import { EXIT, Failure } from '../failure';
import type { Call } from './http';
import { reconcilerOf } from './reconcile';

/** What is answered to its start, and then to each look whether it has ended. */
const reconcilerWith = (...answers: unknown[]) => {
  const rest: unknown[] = [{ id: 'a-report' }, ...answers];
  return reconcilerOf((async () => {
    const next = rest.shift();
    if (next instanceof Error) throw next;
    return next;
  }) as Call);
};

test('one that goes on is waited for though there be too many requests', async () => {
  const tooMany = new Failure(EXIT.refused, 'Too many requests.', '', { retryAfterS: 37 });
  expect(await reconcilerWith(tooMany, { findings: [] }).reconcile(false)).toEqual({ findings: [] });
});

test('an API that stays away ends the waiting', async () => {
  const away = new Failure(EXIT.unreachable, 'It does not answer.', '', { retryAfterS: 5 });
  await expect(reconcilerWith(away).reconcile(false)).rejects.toBe(away);
});
