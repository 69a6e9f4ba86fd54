import { z } from 'zod';
import { envOf } from '../../test/support/freeflow';
import { openTestInstallation, type TestInstallation } from '../../test/support/installation';
import { caller } from './http';
import { openSession } from './session';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await openTestInstallation({ worker: false });
});
afterAll(() => installation.close());
afterEach(() => jest.restoreAllMocks());

const LIFETIME_MS = 900_000;
const page = z.object({ items: z.array(z.unknown()) });

test('a token is requested once, and once more before it runs out', async () => {
  const { token } = openSession(envOf(installation));
  const first = await token();
  expect(await token()).toBe(first);
  const realNow = performance.now.bind(performance);
  const later = jest.spyOn(performance, 'now').mockImplementation(() => realNow() + LIFETIME_MS - 60_000);
  expect(await token()).toBe(first);
  later.mockImplementation(() => realNow() + LIFETIME_MS - 10_000);
  expect(await token()).not.toBe(first);
});

test('what the API refuses as no valid token is asked again with a new one, where there is one to be had', async () => {
  const real = openSession(envOf(installation));
  const spoilt = { ...real, token: async (renewed = false) => (renewed ? real.token() : 'hunter22') };
  expect(await caller(spoilt)(page, 'GET', '/tenants?limit=1')).toEqual({
    items: [],
    // Not in the schema: an answer is handed on with what this version does not know.
    nextCursor: null,
  });
  await expect(caller({ ...spoilt, isRenewable: false })(page, 'GET', '/tenants?limit=1')).rejects.toMatchObject({
    code: 'unauthenticated',
    exitCode: 1,
  });
});
