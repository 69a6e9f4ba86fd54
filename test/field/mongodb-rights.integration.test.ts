import { differences, PRIVILEGES, type Privilege } from '../../backends/mongodb/provisioner/role';
import { withMongo } from '../support/outside';
import { newName, openWorkbench, type Workbench } from '../support/workbench';
import { openMongoTenant, type MongoTenant } from './mongo-tenant';

let bench: Workbench;
let tenant: MongoTenant;
beforeAll(async () => {
  bench = await openWorkbench();
  tenant = await openMongoTenant(bench);
});
afterAll(async () => {
  await tenant.step('drop');
  await bench.close();
});

const without = (action: string): Privilege[] =>
  PRIVILEGES.map((it) => ({ ...it, actions: it.actions.filter((one) => one !== action) }));

/** A worker whose login lacks one right. */
async function workerWithout<T>(action: string, use: (worker: Workbench) => Promise<T>): Promise<T> {
  const { url } = bench.info.mongodb;
  const login = newName('lacking');
  const asOwner = (command: Record<string, unknown>) => withMongo(url, (client) => client.db('admin').command(command));
  await asOwner({ createRole: login, privileges: without(action), roles: [] });
  await asOwner({ createUser: login, pwd: 'lacking', roles: [login] });
  const its = new URL(url);
  [its.username, its.password] = [login, 'lacking'];
  const worker = bench.another({ MONGODB_ADMIN_URL: its.href });
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
    const its = verb === 'create' ? await openMongoTenant(worker, { isMade: false }) : await openMongoTenant(bench);
    const run = verb === 'create' ? its.step : (await sameTenant(worker, its)).step;
    await expect(run(verb)).rejects.toMatchObject({
      type: 'permission',
      message: expect.not.stringContaining('pwd: "'),
    });
    await sameTenant(bench, its).then((it) => it.step('drop'));
  });
  expect(differences(without(action)).missing.join()).toContain(action);
});

async function sameTenant(worker: Workbench, { tenantId }: MongoTenant): Promise<{ step: MongoTenant['step'] }> {
  const operation = await bench.db.tenantOperation.findFirstOrThrow({ where: { tenantId } });
  const run = { tenantId, operationId: operation.id, runId: operation.runId ?? '' };
  return { step: async (verb) => String(await worker.run(`mongodb.${verb}`, run)) };
}
