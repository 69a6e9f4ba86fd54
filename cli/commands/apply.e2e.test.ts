import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { TenantEntry, UpdateTenantBody } from '@freeflow/contract/http';
import { newName } from '../../test/support/activity-harness';
import { envOf, freeflow } from '../../test/support/freeflow';
import { freeflowHere } from '../../test/support/freeflow-here';
import { openTestInstallation, type TestInstallation } from '../../test/support/installation';
import { run } from '../../test/support/stack-bench';
import { change, deleteTenant, hasOpenOperation } from '../../test/support/tenants';
import { sitDown } from '../../test/support/terminal';
import { until } from '../../test/support/until';

// The tests go on where the one before has left it: three tenants, made, changed, deleted.
const [A, B, C] = [newName('a'), newName('b'), newName('c')].toSorted() as [string, string, string];
const QUESTION = 'Only yes is taken for that: ';
const REGISTERED = Array.from({ length: 8 }, (_, at) => `r${String(at).padStart(3, '0')}`);
let installation: TestInstallation;
let env: Record<string, string>;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'freeflow-apply-'));
  installation = await openTestInstallation();
  env = envOf(installation);
});
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  // What is registered only has nothing at the servers, and goes with its master database.
  const { rows } = await installation.master.query<{ id: string }>(
    `UPDATE "Tenant" SET "deletionProtected" = false, "holdUntil" = NULL, "holdReason" = NULL
      WHERE "goneAt" IS NULL AND NOT name = ANY($1) RETURNING id`,
    [REGISTERED],
  );
  await Promise.all(rows.map(({ id }) => deleteTenant(installation, id).catch(() => undefined)));
  await installation.close();
});

/** JSON is YAML, too. */
function fileOf(...tenants: TenantEntry[]): string {
  const file = path.join(dir, `${newName('f')}.yaml`);
  writeFileSync(file, JSON.stringify({ tenants }));
  return file;
}
const apply = (file: string, ...options: string[]) => freeflowHere(['apply', '-f', file, ...options], env);
const applied = async (file: string, ...options: string[]) => {
  const { code, stdout, stderr } = await apply(file, '--json', ...options);
  const { plan = [], results = [] } = (stdout === '' ? {} : JSON.parse(stdout)) as {
    plan?: { name: string; action: string; changes?: unknown[]; why?: string }[];
    results?: { name: string; outcome: string; message: string }[];
  };
  return {
    code,
    stderr,
    plan: Object.fromEntries(plan.map(({ name, action }) => [name, action])),
    results: Object.fromEntries(results.map(({ name, outcome }) => [name, outcome])),
    messages: results.map(({ message }) => message).join('\n'),
  };
};
const idOf = async (name: string): Promise<string> => {
  const { body } = await installation.request('GET', `/tenants?name=${name}`);
  return (body['items'] as { id: string }[])[0]?.id ?? '';
};
const patch = async (name: string, body: UpdateTenantBody) =>
  installation.request('PATCH', `/tenants/${await idOf(name)}`, body);
const createsOf = async (...names: string[]): Promise<number> => {
  const { rows } = await installation.master.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM "TenantOperation" o JOIN "Tenant" t ON t.id = o."tenantId"
      WHERE t.name = ANY($1) AND o.kind = 'create'`,
    [names],
  );
  return rows[0]?.count ?? 0;
};

const wanted = (): TenantEntry[] => [
  { name: A, displayName: 'Acme', externalId: `crm-${A}`, labels: { tier: 'gold' }, plan: 'free' },
  { name: B, suspended: true },
  { name: C, deletionProtected: true },
];

test('nothing is done by a dry run, nor where nobody can be asked', async () => {
  const file = fileOf(...wanted());
  expect(await apply(file, '--dry-run')).toEqual({
    code: 5,
    stderr: '',
    stdout: expect.stringMatching(/^\+ a\w+ {2}create\n {4}displayName: "Acme"\n[^]*Plan: 3 to create/),
  });
  expect(await freeflow(['apply', '-f', file], env)).toEqual({
    code: 2,
    stdout: expect.stringContaining('3 to create'),
    stderr: expect.stringMatching(/not a terminal; nothing was changed\.\nConfirm with --yes\./),
  });
  expect(await createsOf(A, B, C)).toBe(0);
});

test('two runs at once make each tenant once; a third has nothing to do', async () => {
  const file = fileOf(...wanted());
  // Both have planned to create all three before one of them does.
  const sittings = [sitDown(['apply', '-f', file], env, 200), sitDown(['apply', '-f', file], env, 200)];
  for (const { screen } of sittings) await until('it asks', async () => screen().includes(QUESTION));
  for (const it of sittings) it.type('yes\r');
  expect(await Promise.all(sittings.map(({ ended }) => ended))).toEqual([0, 0]);
  for (const { screen } of sittings) {
    const shown = stripVTControlCharacters(screen());
    expect(shown).toContain('Plan: 3 to create, ');
    expect(shown).toMatch(new RegExp(`✔ ${B} {2}created, suspended {2}[\\d.]+ (ms|s)`));
    expect(shown).toContain('3 created, 0 changed, 0 soft-deleted.');
    // What goes on is a line for each.
    expect(shown).toMatch(new RegExp(`0 of 3 [^]* ${C} {2}create, \\w+\\.\\w+ ✔`));
  }
  expect(await createsOf(A, B, C)).toBe(3);
  expect(await apply(file, '--yes')).toEqual({
    code: 0,
    stdout: 'Plan: 0 to create, 0 to change, 0 to soft-delete, 3 unchanged.\n',
    stderr: '',
  });
  expect((await apply(file, '--dry-run')).code).toBe(0);
});

test('another plan is given by an operation and followed, before the access changes', async () => {
  const [a, b] = wanted();
  const file = fileOf(
    { ...a, name: A, plan: 'pro', suspended: true },
    { ...b, name: B, plan: 'pro', suspended: false },
  );
  const { code, messages } = await applied(file, '--yes');
  expect([code, ...messages.split('\n').toSorted()]).toEqual([0, 'changed plan, resumed', 'changed plan, suspended']);
  expect((await apply(file, '--dry-run')).code).toBe(0);
  expect(
    await applied(fileOf(...wanted().map((it) => ({ suspended: false, plan: null, ...it }))), '--yes'),
  ).toMatchObject({
    code: 0,
  });
});

test('what is exported, applied again, changes nothing; editors get the schema it names without a token', async () => {
  const exported = await freeflowHere(['export', '--label', 'tier=gold'], env);
  const schema = `${installation.apiUrl}/schemas/tenants.json`;
  expect(exported).toEqual({
    code: 0,
    stderr: '',
    stdout: `# yaml-language-server: $schema=${schema}
tenants:
  - name: ${A}
    displayName: Acme
    externalId: crm-${A}
    labels:
      tier: gold
    plan: free
`,
  });
  const all = await freeflowHere(['export'], env);
  writeFileSync(path.join(dir, 'all.yaml'), all.stdout);
  expect(await applied(path.join(dir, 'all.yaml'), '--dry-run', '--prune')).toMatchObject({
    code: 0,
    plan: { [A]: 'unchanged', [B]: 'unchanged', [C]: 'unchanged' },
  });
  expect(await (await fetch(schema)).json()).toMatchObject({ properties: { tenants: { type: 'array' } } });
});

test('what another administrator has changed since it was planned is told and not overwritten; others go on', async () => {
  const file = fileOf({ name: A, displayName: 'Mine' }, { name: B, suspended: false }, { name: C, displayName: 'New' });
  const sitting = sitDown(['apply', '-f', file], env);
  await until('it asks', async () => sitting.screen().includes(QUESTION));
  await patch(A, { displayName: 'Theirs' });
  sitting.type('yes\r');
  expect(await sitting.ended).toBe(1);
  expect(sitting.screen()).toMatch(/changed since: changed since it was planned \(displayName\)/);
  const shown = await Promise.all(
    [A, B, C].map(async (it) => installation.request('GET', `/tenants/${await idOf(it)}`)),
  );
  expect(shown.map(({ body: { displayName, status } }) => [displayName, status])).toEqual([
    ['Theirs', 'active'],
    [null, 'active'],
    ['New', 'active'],
  ]);
});

test('what somebody else has done meanwhile is not done again, nor undone', async () => {
  const file = fileOf({ name: A, displayName: 'Late' }, { name: B, suspended: true });
  const sitting = sitDown(['apply', '-f', file], env, 200);
  await until('it asks', async () => sitting.screen().includes(QUESTION));
  const [a, b] = [await idOf(A), await idOf(B)];
  await Promise.all([change(installation, a, 'delete'), change(installation, b, 'suspend')]);
  sitting.type('yes\r');
  expect(await sitting.ended).toBe(1);
  const shown = stripVTControlCharacters(sitting.screen());
  expect(shown).toMatch(new RegExp(`✖ ${A} {2}changed since: .*it is deleted`));
  expect(shown).toMatch(new RegExp(`✔ ${B} {2}suspended by another already`));
  await Promise.all([change(installation, a, 'restore'), change(installation, b, 'resume')]);
});

test('a run that is not confirmed changes nothing', async () => {
  const sitting = sitDown(['apply', '-f', fileOf({ name: A, displayName: 'Mine' })], env);
  await until('it asks', async () => sitting.screen().includes(QUESTION));
  sitting.type('y\r');
  expect(await sitting.ended).toBe(1);
  expect(sitting.screen()).toContain('Not confirmed; nothing was changed.');
});

test('a run that was killed in the middle is gone on with by the same command', async () => {
  const names = [newName('k'), newName('k')].toSorted();
  const file = fileOf(...names.map((name) => ({ name, labels: { run: 'killed' } })));
  const program = run(process.execPath, ['dist/cli/main.js', 'apply', '-f', file, '--yes', '--concurrency', '1'], env);
  await until('the first one is accepted', async () => (await createsOf(...names)) > 0);
  process.kill(-program.pid, 'SIGKILL');
  await program.ended;
  expect(await createsOf(...names)).toBeLessThan(2);
  expect(await applied(file, '--yes')).toMatchObject({
    code: 0,
    results: Object.fromEntries(names.map((it) => [it, 'done'])),
  });
  expect(await createsOf(...names)).toBe(2);
  // Of 5 there are, 2 are pruned: by what they have in common.
  expect(await applied(fileOf(), '--prune', '--label', 'run=killed', '--prune-limit', '2', '--yes')).toMatchObject({
    code: 0,
    plan: Object.fromEntries(names.map((it) => [it, 'delete'])),
  });
});

test('what is deleted, held, protected or being changed is told; the rest is done', async () => {
  await installation.request('PUT', `/tenants/${await idOf(B)}/hold`, {
    until: '2999-01-31T00:00:00Z',
    reason: 'case 4711',
  });
  const pruning = await apply(fileOf({ name: A }), '--prune', '--dry-run');
  expect(pruning).toMatchObject({ code: 0, stderr: '' });
  expect(pruning.stdout).toContain(`= ${B}  not in the file, and kept: held until 2999-01-31T00:00:00.000Z: case 4711`);
  expect(pruning.stdout).toContain(`= ${C}  not in the file, and kept: protected from deletion`);

  const successor = await apply(fileOf({ name: newName('s'), externalId: `crm-${A}` }), '--prune', '--dry-run');
  expect(successor).toMatchObject({ code: 5, stderr: '' });
  expect(successor.stdout).toMatch(new RegExp(`^! s\\w+ {2}left alone: its externalId is still that of ${A}$`, 'm'));
  expect(successor.stdout).toMatch(new RegExp(`^! ${A} {2}left alone: not in the file`, 'm'));

  const guarded = await apply(fileOf(), '--prune', '--yes');
  expect(guarded).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/The file has no tenants: --prune would soft-delete 1 of 3[^]*--prune-limit 1/),
  });
  expect((await installation.request('GET', `/tenants/${await idOf(A)}`)).body).toMatchObject({ status: 'active' });

  await change(installation, await idOf(A), 'delete');
  const file = fileOf({ name: A, displayName: 'Back' }, { name: B, labels: { of: 'all' } });
  const ended = await apply(file, '--yes');
  expect(ended).toMatchObject({ code: 1, stderr: '' });
  expect(ended.stdout).toMatch(new RegExp(`^! ${A} {2}left alone: .*soft-deleted\\n +.* tenants restore ${A} `, 'm'));
  expect(ended.stdout).toMatch(new RegExp(`^✔ ${B} {2}changed labels\\.of`, 'm'));
  expect((await freeflowHere(['export'], env)).stderr).toContain(A);
});

test('ten tenants, two of them new: done, then nothing to do', async () => {
  for (const name of REGISTERED)
    await installation.master.query(
      `INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection", status, "updatedAt")
       VALUES (gen_random_uuid(), $1, 'freeflow-' || $1, 'freeflow_' || $1, 'freeflow_' || $1, 'freeflow_' || $1 || '_vectors', 'active', now())`,
      [name],
    );
  const fresh = Array.from({ length: 2 }, () => newName('n'));
  const file = fileOf(
    ...[...REGISTERED, ...fresh].map((name) => ({ name, displayName: `Tenant ${name}`, labels: { of: 'ten' } })),
  );
  const first = await applied(file, '--yes', '--concurrency', '8');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(Object.values(first.results)).toEqual(Array.from({ length: 10 }, () => 'done'));
  const second = await apply(file, '--yes');
  expect(second).toEqual({
    code: 0,
    stdout: 'Plan: 0 to create, 0 to change, 0 to soft-delete, 10 unchanged.\n',
    stderr: '',
  });
  for (const name of fresh) expect(await hasOpenOperation(installation, await idOf(name))).toBe(false);
});

test.each<[what: string, options: string[], said: RegExp]>([
  ['no file', ['-f', '/nonexistent.yaml'], /can't be read/],
  ['labels without --prune', ['-f', '/x', '--label', 'a=b'], /need --prune/],
  ['too many at a time', ['-f', '/x', '--concurrency', '51'], /is not a number from 1 to 50/],
  ['no -f', [], /required option '-f, --file/],
])('wrong usage ends with 2: %s', async (_what, options, said) => {
  expect(await freeflowHere(['apply', ...options], env)).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(said),
  });
});
