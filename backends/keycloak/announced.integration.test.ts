import { backendOf, secretsOf, target } from '../../test/field/bench';
import { realmOf } from '../../test/field/keycloak-bench';
import { openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';
import { workerBehind } from '../../test/support/worker-behind';
import type { Backend, Target } from '../backend';

const ANNOUNCED = 'announced';

let harness: ActivityHarness;
let behind: Awaited<ReturnType<typeof workerBehind>>;
/** What was announced and requested, in order. */
let events: string[];
beforeAll(async () => {
  harness = await openActivityHarness();
  behind = await workerBehind(harness, 'keycloak');
  behind.proxy.trouble({
    kind: 'answer',
    by: (request) => {
      const [, line] = /^((?:GET|POST|PUT|DELETE) \/admin\/[^ ?]*)/.exec(request.toString()) ?? [];
      if (line !== undefined) events.push(line.replace(/\/$/, ''));
      return 'pass';
    },
  });
});
afterAll(async () => {
  await behind.close();
  await harness.close();
});
beforeEach(() => {
  events = [];
});

type Tenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;

/** Makes calls as a step does, which announces the first one itself. */
async function watch(
  tenant: Tenant,
  call: (backend: Backend, at: Target) => Promise<unknown>,
  more: Partial<Target> = {},
): Promise<void> {
  const announceCall = async () => void events.push(ANNOUNCED);
  const at = { ...(await target(harness, tenant, 'keycloak')), announceCall, ...more };
  events = [ANNOUNCED];
  await call(backendOf(behind.worker, 'keycloak'), at);
}

/** What was sent although something had been read since the last announcement. */
const unannounced = (): string[] =>
  events.filter((it, at) => {
    if (it === ANNOUNCED || it.startsWith('GET')) return false;
    const since = events.slice(events.lastIndexOf(ANNOUNCED, at), at);
    return since.some((other) => other.startsWith('GET'));
  });
const changes = (): number => events.filter((it) => /^(POST|PUT|DELETE)/.test(it)).length;

test('nothing is read between an announcement and what it announces: a read may take as long as a call', async () => {
  const tenant = await harness.newTenant();
  await harness.run('keycloak.create', tenant);
  const secrets = await secretsOf(harness, tenant, 'keycloak');
  const before = await backendOf(harness, 'keycloak').readAccessState?.(
    await target(harness, tenant, 'keycloak'),
    Promise.resolve(secrets),
  );

  await watch(tenant, (backend, at) => backend.disable(at));
  expect({ unannounced: unannounced(), changes: changes() }).toEqual({ unannounced: [], changes: 3 });

  await realmOf(harness, tenant).changeClient({ publicClient: true });
  await watch(tenant, (backend, at) => backend.enable(at, secrets, before));
  expect({ unannounced: unannounced(), changes: changes() }).toEqual({ unannounced: [], changes: 2 });

  // As a claim from the pool: looked for under both of its names.
  await watch(tenant, (backend, at) => backend.drop(at), { formerName: `freeflow-pool-${tenant.name}` });
  expect({ unannounced: unannounced(), changes: changes() }).toEqual({ unannounced: [], changes: 1 });
  await harness.run('keycloak.drop', tenant);
});

test('on a resume the realm is announced before it is read: to announce takes time in which others may change it', async () => {
  const tenant = await harness.newTenant();
  await harness.run('keycloak.create', tenant);
  const secrets = await secretsOf(harness, tenant, 'keycloak');
  await watch(tenant, (backend, at) => backend.enable(at, secrets, undefined));
  const read = events.lastIndexOf(`GET /admin/realms/freeflow-${tenant.name}`);
  const clients = events.findIndex((it) => it.endsWith('/clients'));
  expect(events.slice(clients, read)).toContain(ANNOUNCED);
  await harness.run('keycloak.drop', tenant);
});
