import { asKeycloakAdmin } from '../test/outside';
import { openWorkbench, type Workbench } from '../test/workbench';
import { Ledger } from './ledger';

const HOUR_MS = 3_600_000;
const SECOND_MS = 1_000;

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

/** Does `during` with a clock of this process that is wrong by so much. */
async function whileClockIsWrong<T>(byMs: number, during: () => Promise<T>): Promise<T> {
  const Right = Date;
  globalThis.Date = class extends Right {
    constructor(...args: [] | [number | string]) {
      super(args[0] ?? Right.now() + byMs);
    }

    static override now = () => Right.now() + byMs;
  } as DateConstructor;
  try {
    return await during();
  } finally {
    globalThis.Date = Right;
  }
}

describe.each([['ahead', HOUR_MS], ['behind', -HOUR_MS]])('the clock of the worker is an hour %s', (_, byMs) => {
  test('how long an unanswered call may take effect goes by the clock of the master database', async () => {
    const { tenantId } = await bench.newTenant();
    const ledger = new Ledger(bench.db);
    const entry = await ledger.intend(tenantId, 'postgres');
    await whileClockIsWrong(byMs, () => ledger.callStarts(entry, 'a server'));
    const begun = await bench.db.tenantResource.findUniqueOrThrow({ where: { id: entry.id } });
    expect(Math.abs(Date.now() - Number(begun.callStartedAt))).toBeLessThan(20 * SECOND_MS);
    const ageMs = await whileClockIsWrong(byMs, () => ledger.callAgeMs(begun));
    expect({ isPast: ageMs >= 0, isRecent: ageMs < 20 * SECOND_MS }).toEqual({ isPast: true, isRecent: true });
  });

  test('a realm that is cut off takes no token it has issued', async () => {
    const tenant = await bench.newTenant();
    await bench.run('keycloak.create', tenant);
    await whileClockIsWrong(byMs, () => bench.run('keycloak.disable', tenant));
    const { body } = await asKeycloakAdmin(bench.info, 'GET', `/admin/realms/freeflow-${tenant.name}`);
    const aheadMs = (body as { notBefore: number }).notBefore * SECOND_MS - Date.now();
    expect({ isAhead: aheadMs > 0, isSoon: aheadMs < 120 * SECOND_MS }).toEqual({ isAhead: true, isSoon: true });
    await bench.run('keycloak.drop', tenant);
  });
});
