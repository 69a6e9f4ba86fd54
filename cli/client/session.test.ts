import { z } from 'zod';
import { envOf } from '../../test/support/freeflow';
import { openHouse, type House } from '../../test/support/house';
import { caller } from './http';
import { openSession } from './session';

let house: House;
beforeAll(async () => {
  house = await openHouse({ worker: false });
});
afterAll(() => house.close());
afterEach(() => jest.useRealTimers());

const LIFETIME_MS = 900_000;
const page = z.object({ items: z.array(z.unknown()) });

test('a token is asked for once, and once more before it runs out', async () => {
  const { token } = openSession(envOf(house));
  const first = await token();
  expect(await token()).toBe(first);
  const now = Date.now();
  jest.useFakeTimers({
    doNotFake: [
      'nextTick',
      'setImmediate',
      'setInterval',
      'setTimeout',
      'clearInterval',
      'clearTimeout',
      'clearImmediate',
      'queueMicrotask',
      'performance',
    ],
    now: now + LIFETIME_MS - 60_000,
  });
  expect(await token()).toBe(first);
  jest.setSystemTime(now + LIFETIME_MS - 10_000);
  expect(await token()).not.toBe(first);
});

test('what the API refuses as no valid token is asked again with a new one, where there is one to be had', async () => {
  const real = openSession(envOf(house));
  const spoilt = { ...real, token: async (renewed = false) => (renewed ? real.token() : 'hunter22') };
  expect(await caller(spoilt)(page, 'GET', '/tenants?limit=1')).toEqual({ items: [] });
  await expect(caller({ ...spoilt, isRenewable: false })(page, 'GET', '/tenants?limit=1')).rejects.toMatchObject({
    code: 'unauthenticated',
    exitCode: 1,
  });
});
