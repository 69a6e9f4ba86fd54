import { BACKEND_KINDS } from '@freeflow/contract';
import { newName } from '../../test/support/activity-harness';
import { envOf, freeflow } from '../../test/support/freeflow';
import { freeflowHere } from '../../test/support/freeflow-here';
import { openTestInstallation, type TestInstallation } from '../../test/support/installation';
import { inDatabase } from '../../test/support/master';
import { observeFromOutside, NOTHING, withPostgres } from '../../test/support/outside';
import { createTenant, deleteTenant, type Tenant } from '../../test/support/tenants';
import { sitDown } from '../../test/support/terminal';
import { until } from '../../test/support/until';

let installation: TestInstallation;
let tenant: Tenant;
let env: Record<string, string>;
beforeAll(async () => {
  installation = await openTestInstallation();
  env = envOf(installation);
  tenant = await createTenant(installation, newName('c'));
});
afterAll(async () => {
  await deleteTenant(installation, tenant.id);
  await installation.close();
});

/** In this process, where it makes no difference. */
const run = (...args: string[]) => freeflowHere(args, env);
const asOwner = (sql: string) =>
  withPostgres(inDatabase(installation.info.postgres.url, 'postgres'), (client) => client.query(sql));

test('nothing found ends with 0; found with 1, with a table and the ways back; fixed with 0 again', async () => {
  expect(await run('reconcile')).toEqual({
    code: 0,
    stdout: '4 resources checked: no findings.\n',
    stderr: '',
  });
  await asOwner(`ALTER ROLE freeflow_${tenant.name}_app NOLOGIN`);
  const found = await freeflow(['reconcile'], env);
  expect(found).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(
      new RegExp(`^drifted +postgres +freeflow_${tenant.name} +freeflow_${tenant.name}_app may not log in$`, 'm'),
    ),
  });
  expect(found.stdout).toContain(
    'Repair what is safe (1): FREEFLOW_STACK_DIR=/nonexistent npm run -s freeflow -- reconcile --fix\n',
  );
  const { code, stdout } = await run('reconcile', '--fix', '--json');
  expect({ code, report: JSON.parse(stdout) as unknown }).toMatchObject({
    code: 0,
    report: { fix: true, counts: { drifted: 1, fixed: 1 }, findings: [{ class: 'drifted', fixed: true }] },
  });
  expect((await run('reconcile')).code).toBe(0);
});

test('a living tenant is not dropped; usage and an API that is away have their own codes', async () => {
  const { rows } = await installation.master.query<{ id: string }>(
    `SELECT "externalId" AS id FROM "TenantResource" WHERE kind = 'postgres' AND "tenantId" = $1`,
    [tenant.id],
  );
  const drop = ['resources', 'drop', 'postgres', `freeflow_${tenant.name}`];
  expect(await freeflow([...drop, '--id', rows[0]?.id ?? '', '--yes'], env)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('refused: '),
  });
  expect((await run(...drop, '--yes')).code).toBe(2);
  expect(await run(...drop, '--id', '1')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--yes'),
  });
  expect((await run('resources', 'drop', 'oracle', 'x', '--id', '1', '--yes')).code).toBe(2);
  expect(
    (await freeflow(['reconcile'], { ...env, FREEFLOW_API_URL: 'http://127.0.0.1:9', FREEFLOW_TOKEN: 'x' })).code,
  ).toBe(4);
  expect(await installation.request('POST', '/reconcile', { drop: true })).toMatchObject({ status: 400 });
  expect(await installation.request('GET', '/reconcile/00000000-0000-4000-8000-000000000000')).toMatchObject({
    status: 404,
    body: { code: 'report-unknown' },
  });
});

test('at a terminal it is shown what is waited for, and an orphan is dropped after its name was typed, by the line that the report has', async () => {
  const name = newName('c');
  const { id } = await createTenant(installation, name);
  await installation.master.query(`UPDATE "TenantResource" SET state = 'absent' WHERE "tenantId" = $1`, [id]);
  await installation.master.query(`UPDATE "Tenant" SET status = 'deleted', "goneAt" = now() WHERE id = $1`, [id]);
  const looking = sitDown(['reconcile'], env);
  expect(await looking.ended).toBe(1);
  expect(looking.screen()).toContain(' Comparing master database, ledger and backends');
  const lines = [...looking.screen().matchAll(/ -- (resources drop \w+ \S+ --id \S+)\r?\n/g)].map(([, line]) =>
    (line ?? '').split(' '),
  );
  expect(new Set(lines.map((it) => it[2]))).toEqual(new Set(BACKEND_KINDS));
  const [sat = [], ...others] = lines;
  for (const [typed, code] of [
    ['yes', 1],
    [sat[3], 0],
  ] as const) {
    const dropping = sitDown(sat, env);
    await until('it asks', async () => dropping.screen().includes('Type its name to confirm: '));
    dropping.type(`${typed}\r`);
    expect(await dropping.ended).toBe(code);
  }
  for (const line of others) expect(await run(...line, '--yes')).toMatchObject({ code: 0 });
  expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
  expect((await run('reconcile')).code).toBe(0);
});
