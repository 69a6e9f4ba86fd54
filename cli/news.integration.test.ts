import { Pool } from 'pg';
import { openApiBench, type ApiBench } from '../test/support/api-bench';
import { insertTenant, updateTenant } from '../test/support/tenant-changes';
import { until } from '../test/support/until';
import { caller } from './client/http';
import type { Session } from './client/session';
import { tenantsOf } from './client/tenants';
import { News } from './news';

let bench: ApiBench;
let worker: Pool;
beforeAll(async () => {
  bench = await openApiBench();
  worker = new Pool({ connectionString: bench.master.workerUrl, max: 2 });
});
afterAll(async () => {
  await worker.end();
  await bench.close();
});

const sessionAt = async (url: string): Promise<Session> => {
  const token = await bench.issuer.token();
  return { url, token: () => Promise.resolve(token), isRenewable: false, source: 'the test' };
};
/** How often is looked in this time. */
async function looksWithin(ms: number, news: News): Promise<number> {
  const end = performance.now() + ms;
  let looks = 0;
  while (performance.now() < end) {
    await news.next();
    looks++;
  }
  return looks;
}

test('with a stream is looked when something happens, and else hardly ever', async () => {
  const tenant = await insertTenant(bench.owner);
  const news = new News(await sessionAt(bench.url), tenant.id, new AbortController().signal);
  // Until the stream has told that it is there.
  await until('it is quiet', async () => (await looksWithin(1_500, news)) <= 2);
  const asked = performance.now();
  const told = news.next();
  await updateTenant(worker, tenant, `status = 'active'`);
  await told;
  // The poll beside the stream is five seconds away.
  expect(performance.now() - asked).toBeLessThan(4_900);
  news.close();
});

test('following uses up nothing of what on-call may look up', async () => {
  const strict = await openApiBench({ API_RATE_LIMIT: '5' });
  try {
    const { id } = await insertTenant(strict.owner);
    const token = await strict.issuer.token();
    const session = { url: strict.url, token: async () => token, isRenewable: false, source: 'the test' };
    const followed = tenantsOf(caller(session, { isPatient: false, isUrgent: false }));
    for (let looks = 0; looks < 5; looks++) expect(await followed.get(id)).toMatchObject({ id });
    await expect(followed.get(id)).rejects.toMatchObject({ code: 'rate-limited', retryAfterS: expect.any(Number) });
    expect(await tenantsOf(caller(session, { isPatient: false })).get(id)).toMatchObject({ id });
  } finally {
    await strict.close();
  }
});
