import { newName } from '../../test/support/activity-harness';
import { envOf, freeflow } from '../../test/support/freeflow';
import { freeflowHere } from '../../test/support/freeflow-here';
import { openTestInstallation, type TestInstallation } from '../../test/support/installation';

let installation: TestInstallation;
let env: Record<string, string>;
const name = newName('a');
beforeAll(async () => {
  installation = await openTestInstallation({ worker: false });
  env = envOf(installation);
  await installation.request('POST', '/tenants', { name });
});
afterAll(() => installation.close());

const run = (...args: string[]) => freeflowHere(['audit', ...args], env);

test('audit shows who did what, from where, as a table; and as JSON with all there is', async () => {
  const { code, stdout } = await freeflow(['audit', '--tenant', name, '--since', '1h'], env);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^TIME +ACTOR +FROM +ACTION +TENANT +OUTCOME +DETAIL/);
  expect(stdout).toMatch(new RegExp(`127\\.0\\.0\\.1 +tenants\\.create +${name} +accepted: 202`));
  const shown = JSON.parse((await run('--tenant', name, '--json')).stdout) as { items: object[]; isComplete: boolean };
  expect(shown).toMatchObject({ items: [{ action: 'tenants.create', tenantName: name }], isComplete: true });
  expect(await run('--action', 'tenants.delete')).toMatchObject({
    code: 0,
    stdout: 'Nothing in the audit trail matches.\n',
  });
});

test('an export has every row that matches, over all pages, a line each, newest first', async () => {
  await installation.master.query(
    `INSERT INTO "AuditEvent" (id, channel, action, outcome, actor, "at")
     SELECT gen_random_uuid(), 'api', 'tenants.list', 'refused', 'many', now() - n * interval '1 second' FROM generate_series(1, 1201) n`,
  );
  const { stdout } = await run('export', '--actor', 'many');
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; at: string });
  expect(new Set(rows.map(({ id }) => id)).size).toBe(1201);
  expect(rows.map(({ at }) => at)).toEqual(
    rows
      .map(({ at }) => at)
      .toSorted()
      .toReversed(),
  );
  const some = await run('--actor', 'many', '--limit', '600');
  expect(some.stdout.trimEnd().split('\n')).toHaveLength(602);
  expect(some.stdout).toContain('Only the newest 600 are shown');
});

test.each([
  ['--since', 'yesterday'],
  ['--limit', '0'],
  ['--action', 'tenants.rename'],
])('audit %s %s is refused as wrong usage', async (...args) => {
  expect(await run(...args)).toMatchObject({ code: 2, stdout: '' });
});
