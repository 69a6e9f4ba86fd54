import { differences, PRIVILEGES, type Privilege } from '../../backends/mongodb/provisioner/role';
import { newName, openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { withMongo } from '../support/outside';
import { openMongoTenant, type MongoTenant } from './mongo-tenant';

let harness: ActivityHarness;
let tenant: MongoTenant;
beforeAll(async () => {
  harness = await openActivityHarness();
  tenant = await openMongoTenant(harness);
});
afterAll(async () => {
  await tenant.step('drop');
  await harness.close();
});

const privilegesWithout = (action: string): Privilege[] =>
  PRIVILEGES.map((it) => ({ ...it, actions: it.actions.filter((one) => one !== action) }));

/** A worker whose login lacks one right. */
async function workerWithout<T>(action: string, use: (worker: ActivityHarness) => Promise<T>): Promise<T> {
  const { url } = harness.info.mongodb;
  const login = newName('lacking');
  const asOwner = (command: Record<string, unknown>) => withMongo(url, (client) => client.db('admin').command(command));
  await asOwner({ createRole: login, privileges: privilegesWithout(action), roles: [] });
  await asOwner({ createUser: login, pwd: 'lacking', roles: [login] });
  const its = new URL(url);
  [its.username, its.password] = [login, 'lacking'];
  const worker = harness.another({ MONGODB_ADMIN_URL: its.href });
  try {
    return await use(worker);
  } finally {
    await worker.close();
    await asOwner({ dropUser: login });
    await asOwner({ dropRole: login });
  }
}

// What the login of an installation from before lacks.
test.each([
  ['inprog', 'disable'],
  ['viewRole', 'disable'],
  ['viewRole', 'create'],
] as const)('without the right %s a %s fails for a missing right, and doctor names it', async (action, verb) => {
  await workerWithout(action, async (worker) => {
    const its = verb === 'create' ? await openMongoTenant(worker, { isMade: false }) : await openMongoTenant(harness);
    const run = verb === 'create' ? its.step : (await sameTenant(worker, its)).step;
    await expect(run(verb)).rejects.toMatchObject({
      type: 'permission',
      message: expect.not.stringContaining('pwd: "'),
    });
    await sameTenant(harness, its).then((it) => it.step('drop'));
  });
  expect(differences(privilegesWithout(action)).missing.join()).toContain(action);
});

async function sameTenant(worker: ActivityHarness, { tenantId }: MongoTenant): Promise<{ step: MongoTenant['step'] }> {
  const operation = await harness.db.tenantOperation.findFirstOrThrow({ where: { tenantId } });
  const run = { tenantId, operationId: operation.id, runId: operation.runId ?? '' };
  return { step: async (verb) => String(await worker.run(`mongodb.${verb}`, run)) };
}
