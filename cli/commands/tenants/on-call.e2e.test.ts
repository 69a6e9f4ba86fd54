import { newName } from '../../../test/support/activity-harness';
import {
  openFaultInjectedInstallation,
  type FaultInjectedInstallation,
} from '../../../test/support/fault-injected-installation';
import { envOf, freeflow } from '../../../test/support/freeflow';
import { freeflowHere } from '../../../test/support/freeflow-here';
import type { Running } from '../../../test/support/installation';
import { restorePostgresDatabase } from '../../../test/support/restore';
import { operationEnds, parkedStepsOf } from '../../../test/support/tenants';
import { sitDown } from '../../../test/support/terminal';
import { until } from '../../../test/support/until';

// Tests go on with the tenants of those before. No sweep between: what has lost its run stays so until it is answered.
const SETTINGS = { STEP_PATIENCE_MS: '500', SWEEP_INTERVAL_MS: '600000' };

let installation: FaultInjectedInstallation;
let worker: Running;
let env: Record<string, string>;
beforeAll(async () => {
  installation = await openFaultInjectedInstallation(false);
  worker = await installation.startWorker(SETTINGS);
  env = envOf(installation);
});
afterAll(() => installation.close());
afterEach(() => {
  for (const proxy of Object.values(installation.proxies)) proxy.open();
});

/** In this process, where it makes no difference. */
const run = (...args: string[]) => freeflowHere(['tenants', ...args], env);
const runAsProcess = (...args: string[]) => freeflow(['tenants', ...args], env);
const idOf = async (name: string) => (JSON.parse((await run('show', name, '--json')).stdout) as { id: string }).id;

/** Created by the next test. */
const first = newName('o');

test('a parked create ends with 3 and its ways out; stuck shows it, retry in vain 3; an answer that no worker takes up is said to wait for one, and where to look; once one runs it is carried out: 0', async () => {
  const name = first;
  installation.proxies.qdrant.shut();
  const created = await runAsProcess('create', name);
  expect(created).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/is parked at qdrant\.create after \d+ failed attempts/),
  });
  for (const verb of ['retry', 'abort', 'skip'])
    expect(created.stdout).toContain(`freeflow -- tenants ${verb} ${name}`);
  const [stuck, retried] = [await run('stuck'), await run('retry', name)];
  expect(stuck).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(new RegExp(`^${name} +create +qdrant\\.create +\\d+ +\\d+ (s|min) +qdrant: `, 'm')),
  });
  expect(retried).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/✖ qdrant\.create[^]*is parked at qdrant\.create/),
  });

  // As good as none.
  worker.process.kill('SIGSTOP');
  installation.proxies.qdrant.open();
  const sitting = sitDown(['tenants', 'retry', name, '--step', 'qdrant.create'], env);
  await until('it says so', async () => sitting.screen().includes(`${name}: no sign of a worker`));
  expect(sitting.screen()).toMatch(/See why: [^\n]*freeflow -- doctor/);
  worker.process.kill('SIGCONT');
  expect(await sitting.ended).toBe(0);
  expect(sitting.screen()).toContain('is \u001B[32mactive');
  expect(sitting.screen().split('no sign of a worker')).toHaveLength(2);
  expect(await run('stuck')).toEqual({ code: 0, stdout: 'Nothing is stuck.\n', stderr: '' });
});

/** Of the next test, active in the end. */
const second = newName('o');

test('aborted it ends with 1: all of it was undone; one command for all others that are stuck, also where a run was ended from outside or never came to be', async () => {
  const [aborted, lost] = [newName('o'), newName('o')];
  const names = [lost, second];
  installation.proxies.postgres.shut();
  await Promise.all([aborted, ...names].map((name) => run('create', name, '--no-wait')));
  const ids = await Promise.all(names.map(idOf));
  for (const id of [await idOf(aborted), ...ids])
    await until('it is parked', async () => (await parkedStepsOf(installation, id)).length > 0);
  await installation.operator.client.workflow.getHandle(`tenant-${ids[0]}`).terminate('by mistake');
  const shown = JSON.parse((await run('stuck', '--json')).stdout) as {
    items: { id: string; why: string }[];
    isComplete: boolean;
  };
  expect(shown).toMatchObject({ isComplete: true });
  expect(Object.fromEntries(shown.items.filter(({ id }) => ids.includes(id)).map(({ id, why }) => [id, why]))).toEqual({
    [ids[0] ?? '']: 'run-gone',
    [ids[1] ?? '']: 'parked',
  });
  installation.proxies.postgres.open();
  expect((await run('abort', aborted, '--reason', 'ordered by mistake')).code).toBe(1);
  expect(await run('show', aborted)).toMatchObject({
    stdout: expect.stringMatching(/was rolled back at [^]*the tenant is gone[^]*ordered by mistake/),
  });
  const answered = await runAsProcess('retry', '--all');
  expect(answered.code).toBe(0);
  for (const name of names) expect(answered.stdout).toMatch(new RegExp(`^${name} +retried$`, 'm'));
  for (const id of ids) expect(await operationEnds(installation, id)).toMatchObject({ status: 'active' });
  expect(await run('retry', '--all', '--step', 'postgres.create')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Nothing is stuck at postgres.create.'),
  });
});

test('a drop that is skipped ends with 1, incomplete; the deletion can be requested again', async () => {
  const name = first;
  installation.proxies.qdrant.shut();
  expect(await run('delete', name, '--hard', '--force', '--yes')).toMatchObject({ code: 3 });
  expect(await run('abort', name)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('It is too late to abort'),
  });
  expect(await runAsProcess('skip', name, '--reason', 'that server is lost')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/ended incomplete\.[^]*that server is lost/),
  });
  installation.proxies.qdrant.open();
  expect(await run('delete', name, '--hard', '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('is gone'),
  });
});

test("after a restore, adopt records what is found under the tenant's nonce, and reports it", async () => {
  const name = second;
  const id = await idOf(name);
  await restorePostgresDatabase(installation.info, name);
  expect(await run('suspend', name)).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('freeflow -- tenants adopt'),
  });
  expect(await run('adopt', name, 'postgres')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/✔ postgres\.adopt[^]*the new id is recorded/),
  });
  expect(await operationEnds(installation, id)).toMatchObject({ status: 'suspended' });
  expect(await run('adopt', name, 'oracle')).toMatchObject({ code: 2 });
});
