import { mapInParallel } from './in-parallel';

test('so many at a time, begun in order, and the results in the order of the items', async () => {
  const begun: number[] = [];
  let [running, most] = [0, 0];
  const results = await mapInParallel([5, 1, 4, 2, 3], 2, async (item) => {
    begun.push(item);
    most = Math.max(most, ++running);
    for (let turns = 0; turns < item; turns++) await Promise.resolve();
    running--;
    return item * 10;
  });
  expect({ begun, most, results }).toEqual({ begun: [5, 1, 4, 2, 3], most: 2, results: [50, 10, 40, 20, 30] });
});

test('when one fails no further one is begun, those in progress end, and the first error is thrown', async () => {
  const [begun, ended]: [number[], number[]] = [[], []];
  let end: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => {
    end = resolve;
  });
  const mapping = mapInParallel([1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    if (item === 2) throw new Error('the first');
    await slow;
    ended.push(item);
    throw new Error('the second');
  });
  setImmediate(end);
  await expect(mapping).rejects.toThrow('the first');
  expect({ begun, ended }).toEqual({ begun: [1, 2], ended: [1] });
});

test('nothing to map: nothing mapped', async () => {
  expect(await mapInParallel([], 3, async (item) => item)).toEqual([]);
});
