import { Turns } from './turns';

const never = new AbortController().signal;

function held() {
  let release: () => void = () => undefined;
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { until, release };
}

test('what has the same key waits for its turn, in order; what has another one does not', async () => {
  const turns = new Turns();
  const first = held();
  const done: string[] = [];
  const take = (key: string, name: string, until?: Promise<void>) =>
    turns.take(key, never, async () => {
      await until;
      done.push(name);
    });
  const all = [take('a', 'a1', first.until), take('a', 'a2'), take('a', 'a3')];
  await take('b', 'b1');
  expect(done).toEqual(['b1']);
  first.release();
  await Promise.all(all);
  expect(done).toEqual(['b1', 'a1', 'a2', 'a3']);
});

test('one that fails lets the next one go, and one that is cancelled is left out', async () => {
  const turns = new Turns();
  const first = held();
  const cancelled = new AbortController();
  const failing = turns.take('a', never, () => first.until.then(() => Promise.reject(new Error('refused'))));
  const left = turns.take('a', cancelled.signal, async () => 'left out');
  const next = turns.take('a', never, async () => 'next');
  cancelled.abort(new Error('cancelled'));
  await expect(left).rejects.toThrow('cancelled');
  first.release();
  await expect(failing).rejects.toThrow('refused');
  expect(await next).toBe('next');
});
