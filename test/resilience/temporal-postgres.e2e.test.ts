import { cacheDir } from '../../stack/project';
import { isTemporalBuilt } from '../../stack/servers/temporal-postgres';
import { readStackInfo } from '../../stack/stack-info';
import { newName } from '../support/activity-harness';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { TEST_STACK } from '../support/master';
import { newStackDir, removeStackDirs, sharedKeycloak, stack } from '../support/stack-bench';
import { change, createTenant, deleteTenant } from '../support/tenants';

/** Says so aloud where it is not: building it takes minutes, so no test does. */
function hasTemporal(): boolean {
  const isBuilt = isTemporalBuilt(cacheDir(process.env));
  if (!isBuilt)
    process.stderr.write(
      '\nThe Temporal server was never built here: what runs on it is NOT TESTED. Build it once: npm start -- --temporal postgres\n',
    );
  return isBuilt;
}

(hasTemporal() ? describe : describe.skip)('Temporal on PostgreSQL', () => {
  let dir: string;
  let installation: TestInstallation;

  beforeAll(async () => {
    dir = newStackDir();
    const { mongodb, qdrant } = readStackInfo(TEST_STACK);
    const others = { MONGODB_ADMIN_URL: mongodb.url, QDRANT_URL: qdrant.url, QDRANT_API_KEY: qdrant.apiKey };
    const program = stack('start', dir, ['--temporal', 'postgres'], { ...others, ...sharedKeycloak() });
    await program.prints(/All servers are ready/);
    installation = await openTestInstallation({ info: readStackInfo(dir) });
  });
  afterAll(async () => {
    await installation.close();
    await removeStackDirs(dir);
  });

  test('a tenant is created, suspended and resumed, and deleted with nothing left', async () => {
    const tenant = await createTenant(installation, newName('g'));
    expect(tenant).toMatchObject({ status: 'active', operation: { state: 'done' } });
    for (const [action, status] of [
      ['suspend', 'suspended'],
      ['resume', 'active'],
    ] as const)
      expect(await change(installation, tenant.id, action)).toMatchObject({ status, operation: { state: 'done' } });
    expect(await deleteTenant(installation, tenant.id)).toMatchObject({
      goneAt: expect.any(String),
      operation: { state: 'done' },
    });
  });
});
