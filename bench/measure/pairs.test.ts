import { measureRate } from './at-once';
import { alternate, groupsOfPairs } from './pairs';

test('neither side always goes first', async () => {
  const order: string[] = [];
  await alternate(
    3,
    async () => void order.push('product'),
    async () => void order.push('script'),
  );
  expect(order).toEqual(['script', 'product', 'product', 'script', 'script', 'product']);
});

test('pairs become a table of both and a table of their ratios', () => {
  const [times, ratios] = groupsOfPairs('Time', 'ms', {
    create: { product: [200, 300], script: [400, 400] },
    empty: { product: [], script: [] },
  });
  expect(times?.rows.map(({ label, p50 }) => `${label} ${p50}`)).toEqual([
    'create: FreeFlow 250',
    'create: script 400',
  ]);
  expect(ratios?.unit).toBe('×');
  expect(ratios?.rows.map(({ label, values }) => [label, values])).toEqual([['create', [0.5, 0.75]]]);
});

test('as many go on at a time as are allowed, and each is done once', async () => {
  let [done, now, most] = [0, 0, 0];
  const rate = await measureRate(10, 3, async () => {
    most = Math.max(most, ++now);
    await Promise.resolve();
    now--;
    done++;
  });
  expect([done, most]).toEqual([10, 3]);
  expect(rate).toBeGreaterThan(0);
});

test('one that fails fails the measurement, once the others have ended', async () => {
  let ended = 0;
  const measurement = measureRate(3, 3, async () => {
    if (++ended === 1) throw new Error('it fell');
    await Promise.resolve();
    ended++;
  });
  await expect(measurement).rejects.toThrow('it fell');
  expect(ended).toBe(5);
});
