import { followReferences } from '@freeflow/lib/vault';
import { z } from 'zod';
import { BACKEND_VARIABLES } from '../../backends/registry';
import { freePort } from '../../stack/ports';
import { newName } from '../support/activity-harness';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { asKeycloakAdmin, withMongo, withPostgres } from '../support/outside';
import { startVault, type OwnVault } from '../support/own-vault';
import { openProvisionerBench, type ProvisionerBench } from '../support/provisioner-bench';
import { askFor, deleteTenant, operationEnds } from '../support/tenants';
import { until } from '../support/until';

// Workers whose logins at the backends are in a vault, and are given new passwords while they work.

let bench: ProvisionerBench;
let vault: OwnVault;
let installation: TestInstallation;
/** Who may write to the vault, and the owners of all servers. */
let owner: Record<string, string>;
/** What the workers are started with: references instead of passwords. */
let env: Record<string, string>;

const PLACE = ['--vault', 'freeflow-logins', '--print-env'];

beforeAll(async () => {
  [bench, vault, installation] = await Promise.all([
    openProvisionerBench(),
    startVault(),
    openTestInstallation({ worker: false }),
  ]);
  const login = { VAULT_ADDR: vault.url, VAULT_TOKEN: vault.rootToken };
  owner = Object.assign({ ...login }, ...Object.values(bench.owners)) as Record<string, string>;
  const { code, stdout, stderr } = await bench.setUp(owner, ...PLACE);
  if (code !== 0) throw new Error(stderr);
  const printed = [...stdout.matchAll(/^(\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value] as const);
  env = { ...login, ...Object.fromEntries(printed) };
});
afterAll(async () => {
  await installation.close();
  await Promise.all([bench.drop(), vault.stop()]);
});

/** What a worker that starts now logs in by. */
const loginsNow = () => followReferences(z.object(BACKEND_VARIABLES), env);

/** At which backends these logins are let in. */
async function letsIn(logins: Awaited<ReturnType<typeof loginsNow>>): Promise<Record<string, boolean>> {
  const { info } = bench;
  const clientId = logins['KEYCLOAK_CLIENT_ID'] ?? '';
  const keycloak = { ...info.keycloak, clientId, clientSecret: logins['KEYCLOAK_CLIENT_SECRET'] ?? '' };
  const tried = {
    postgres: withPostgres(logins['POSTGRES_ADMIN_URL'] ?? '', (it) => it.query('SELECT 1')),
    mongodb: withMongo(logins['MONGODB_ADMIN_URL'] ?? '', (it) => it.db('admin').command({ ping: 1 })),
    // Whose secret is refused gets no token, and is a stranger.
    keycloak: asKeycloakAdmin({ ...info, keycloak }, 'GET', '/admin/realms').then(({ status }) => {
      if (status !== 200) throw new Error(`Keycloak answers ${status}`);
    }),
  };
  const outcomes = Object.entries(tried).map(async ([kind, attempt]) => {
    const isIn = await attempt.then(
      () => true,
      () => false,
    );
    return [kind, isIn] as const;
  });
  return Object.fromEntries(await Promise.all(outcomes));
}

const everywhere = (isIn: boolean) => ({ postgres: isIn, mongodb: isIn, keycloak: isIn });
const startOne = async () => installation.startWorker({ ...env, WORKER_HEALTH_PORT: String(await freePort()) });

test('rotated at every backend while a worker works: the former logins are refused, and every operation ends as asked', async () => {
  const former = await loginsNow();
  expect(Object.values(env).filter((it) => it.startsWith('vault://'))).toHaveLength(3);
  const worker = await startOne();
  const asked: string[] = [];
  let isOver = false;
  const work = async () => {
    while (!isOver) {
      const id = await askFor(installation, newName('r'));
      asked.push(id);
      // Whoever ends waits for the next one: some are always in the middle, and none piles up.
      await operationEnds(installation, id);
    }
  };
  const works = [work(), work()];
  await until('it is at work', async () => asked.length > 2);

  expect(await bench.setUp(owner, '--rotate', ...PLACE)).toMatchObject({ code: 0 });
  const later = await loginsNow();
  expect([await letsIn(former), await letsIn(later)]).toEqual([everywhere(false), everywhere(true)]);
  const before = asked.length;
  await startOne();
  await worker.stop();
  await until('the next worker has taken over', async () => asked.length > before + 2);
  isOver = true;
  await Promise.all(works);

  for (const id of asked) {
    const { status, operation } = await operationEnds(installation, id);
    expect([status, operation.state]).toEqual(['active', 'done']);
  }
  expect((await installation.request('GET', '/tenants/stuck')).body['items']).toEqual([]);
  for (const id of asked) await deleteTenant(installation, id);
});
