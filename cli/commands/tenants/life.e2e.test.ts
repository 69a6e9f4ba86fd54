import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { projectRoot } from '../../../stack/project';
import { describeConnect } from '../../../test/cli/connect';
import { describeTerminal } from '../../../test/cli/terminal';
import { newName } from '../../../test/support/activity-harness';
import { auditedRows } from '../../../test/support/audit';
import { envOf, freeflow, secretsIn } from '../../../test/support/freeflow';
import { freeflowHere } from '../../../test/support/freeflow-here';
import { newToken, openTestInstallation, type TestInstallation } from '../../../test/support/installation';
import { withMongo } from '../../../test/support/outside';
import { deleteTenant, logOf } from '../../../test/support/tenants';

/** Active once it was made by the second test: those after it change nothing of it. */
const lasting = { id: '', name: newName('c') };
let installation: TestInstallation;
let env: Record<string, string>;
beforeAll(async () => {
  installation = await openTestInstallation();
  env = envOf(installation);
});
afterAll(async () => {
  await deleteTenant(installation, lasting.id);
  await installation.close();
});

/** In this process, where it makes no difference. */
const run = (...args: string[]) => freeflowHere(['tenants', ...args], env);
const runAsProcess = (...args: string[]) => freeflow(['tenants', ...args], env);
const json = async (...args: string[]) =>
  JSON.parse((await run(...args, '--json')).stdout) as {
    id: string;
    name: string;
    status: string;
    goneAt: string | null;
    operation: { state: string };
  };

test('a whole life: every step is a line, every end is said, and each command ends with 0', async () => {
  const name = newName('c');
  const created = await runAsProcess('create', name);
  expect(created).toMatchObject({ code: 0, stderr: '' });
  for (const step of ['begin', 'postgres.create', 'mongodb.probe', 'qdrant.create', 'keycloak.probe', 'activate'])
    expect(created.stdout).toMatch(new RegExp(`^✔ ${step} +[\\d.]+ (ms|s)  `, 'm'));
  expect(created.stdout).toMatch(new RegExp(`^${name} is active after [\\d.]+ (ms|s)\\.$`, 'm'));
  // Piped: no colour, no spinner.
  for (const sign of ['\u001B', '⠋']) expect(created.stdout).not.toContain(sign);

  const { id } = await json('show', name);
  expect(await json('show', id)).toMatchObject({ id, name, status: 'active' });
  expect((await run('show', name)).stdout).toContain(`realm freeflow-${name}`);
  expect((await run('list', '--status', 'active')).stdout).toMatch(
    new RegExp(`^${name} +active +\\d+ (s|min) +create done +${id}`, 'm'),
  );

  expect(await run('suspend', id)).toMatchObject({ code: 0, stdout: expect.stringContaining(`${name} is suspended`) });
  expect(await json('resume', name)).toMatchObject({ status: 'active', operation: { state: 'done' } });
  expect(await run('delete', name, '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${name} is deleted (its data is kept)`),
  });
  expect(await run('restore', name)).toMatchObject({ code: 0, stdout: expect.stringContaining(`${name} is active`) });
  expect(await runAsProcess('delete', name, '--hard', '--force', '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${name} is gone`),
  });

  expect(await run('watch', name)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/✔ keycloak\.drop[^]*is gone after/),
  });
  expect(await json('show', name)).toMatchObject({ id, goneAt: expect.any(String) });
  const logs = await runAsProcess('logs', name, '--json');
  expect(
    logs.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { step: string }).step),
  ).toEqual((await logOf(installation, id)).map((it) => it.step));
  expect(await runAsProcess('suspend', name)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is gone since .*\nIts log is kept: .*freeflow -- tenants logs/),
  });
  expect((await run('list')).stdout).not.toContain(name);
  expect((await run('list', '--gone')).stdout).toMatch(new RegExp(`^${name} +gone`, 'm'));
});

test('--no-wait leaves at once and says how to follow it; watch does', async () => {
  const { name } = lasting;
  const identity = ['--display-name', 'Acme Inc.', '--label', `run=${name}`, '--label', 'tier=gold'];
  expect(await runAsProcess('create', name, '--no-wait', ...identity)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`tenants watch ${name}`),
  });
  expect(await run('watch', name)).toMatchObject({ code: 0, stdout: expect.stringMatching(/✔ begin[^]*is active/) });
  lasting.id = (await json('show', name)).id;
});

test('a tenant is named, labelled, found, protected and held; what forbids its deletion is said, with the way out', async () => {
  const { id, name } = lasting;
  const externalId = `crm-${name}`;
  expect(await run('update', name, '--external-id', externalId, '--label', 'tier=silver')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/display name +Acme Inc\.\nexternal id +crm-\w+\nlabels +run=\w+, tier=silver\n/),
  });
  for (const filter of [
    ['--external-id', externalId],
    ['--label', `run=${name}`],
  ])
    expect(JSON.parse((await run('list', ...filter, '--json')).stdout)).toMatchObject({ items: [{ id, externalId }] });
  expect(JSON.parse((await run('list', '--plan', 'nobody', '--json')).stdout)).toMatchObject({ items: [] });
  expect((await run('list', '--label', `run=${name}`)).stdout).toMatch(
    new RegExp(`EXTERNAL ID +LABELS[^]*^${name} .* ${externalId} +run=${name}, tier=silver$`, 'm'),
  );
  expect(
    await json(
      'update',
      name,
      '--no-display-name',
      '--no-external-id',
      '--remove-label',
      'run',
      '--remove-label',
      'tier',
    ),
  ).toMatchObject({
    displayName: null,
    externalId: null,
    labels: {},
  });

  expect((await run('update', name, '--protect')).stdout).toMatch(/^protected +from every deletion/m);
  expect(await run('delete', name, '--yes')).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/is protected from deletion[^]*freeflow -- tenants update NAME --no-protect/),
  });
  expect(await run('hold', name, '--until', '2999-01-31', '--reason', 'case 4711')).toMatchObject({ code: 0 });
  expect(await run('update', name, '--no-protect')).toMatchObject({ code: 0 });
  expect((await run('show', name)).stdout).toMatch(/^held +until 2999-01-31T00:00:00.000Z, .*: case 4711$/m);
  expect(await run('delete', name, '--hard', '--force', '--yes')).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/is on hold[^]*case 4711[^]*freeflow -- tenants unhold NAME/),
  });
  expect(await json('unhold', name)).toMatchObject({ status: 'active', holdUntil: null, holdReason: null });
});

test("who reads connection strings is in the tenant's log, and the commands to try them are ready to paste", async () => {
  const { id, name } = lasting;
  const { code, stdout } = await run('connect', name, 'postgres');
  expect({ code, line: /psql '(.*)'/.exec(stdout)?.[1] }).toEqual({
    code: 0,
    line: expect.stringMatching(/^postgresql:\/\/.+:.+@/),
  });
  expect((await run('connect', name)).stdout).toMatch(
    /mongosh 'mongodb:[^]*curl -sS -H 'api-key: [^]*curl -sS '.*token' -d grant_type=client_credentials/,
  );
  const events = (await logOf(installation, id)).filter((it) => it.step === 'connect').map((it) => it.message);
  expect(events).toEqual([
    expect.stringMatching(/^connection strings of postgres read by \S+@\S+$/),
    expect.stringMatching(/^connection strings of postgres, mongodb, qdrant, keycloak read by /),
  ]);
  expect(await auditedRows(installation.master, { tenantId: id, action: 'secrets.connect' })).toMatchObject([
    { channel: 'command', actor: expect.stringMatching(/.@./), tenantName: name, detail: { backends: ['postgres'] } },
    { detail: { backends: ['postgres', 'mongodb', 'qdrant', 'keycloak'] } },
  ]);
});

describe('what can not be done ends with its own exit code, reports why and what to do, and shows no secret', () => {
  const { name: active } = lasting;
  const cases: [string, number, string[], RegExp][] = [
    ['a name that is taken', 1, ['create', active], /A tenant of that name exists\. [^]*Choose another name/],
    ['a name that is not allowed', 2, ['create', 'No Good'], /name: must be 3 to 30 characters/],
    [
      'a tenant nobody knows',
      1,
      ['suspend', 'nobody'],
      /There is no tenant nobody\.\nSee all tenants: .*freeflow -- tenants list/,
    ],
    ['an id nobody knows', 1, ['show', randomUUID()], /There is no such tenant/],
    [
      'an active tenant without --force',
      1,
      ['delete', active, '--hard', '--yes'],
      /It drops all data of the tenant\. .* repeat with --force\./,
    ],
    ['--force without --hard', 2, ['delete', 'acme', '--force', '--yes'], /--force needs --hard/],
    ['retry of neither one nor all', 2, ['retry'], /Name a tenant, or use --all/],
    ['skip without a reason', 2, ['skip', 'acme'], /required option '--reason/],
    ['what is not stuck', 1, ['retry', active], /Nothing there waits for an answer/],
    ['a limit that is no number', 2, ['list', '--limit', 'many'], /--limit many is not a number/],
    ['a label that is none', 2, ['list', '--label', 'tier'], /It is key=value/],
    ['an update of nothing', 2, ['update', active], /Nothing to change is named/],
    [
      'an external id with a blank',
      2,
      ['update', active, '--external-id', 'a b'],
      /externalId: must be 1 to 200 visible/,
    ],
    ['a hold without a reason', 2, ['hold', active, '--until', '2999-01-31'], /required option '--reason/],
    [
      'a hold that is over',
      2,
      ['hold', active, '--until', '2020-01-31', '--reason', 'case'],
      /until: must be in the future/,
    ],
    [
      'a hold until nobody knows when',
      2,
      ['hold', active, '--until', 'soon', '--reason', 'case'],
      /--until soon is neither a date, a time with its zone nor a duration/,
    ],
    ['a status there is not', 2, ['list', '--status', 'fine'], /Allowed choices are provisioning/],
  ];
  test.each(cases)('%s', async (_what, code, args, said) => {
    const ended = await run(...args);
    expect(ended).toEqual({ code, stdout: '', stderr: expect.stringMatching(said) });
    expect(secretsIn(ended, installation.info)).toEqual([]);
  });

  test('a deletion without a terminal to confirm it: 2', async () => {
    expect(await runAsProcess('delete', active)).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/not a terminal\.\nConfirm with --yes/),
    });
  });

  test('a create that is rolled back: 1, with the step and its cause', async () => {
    const name = newName('c');
    await withMongo(installation.info.mongodb.url, (client) =>
      client.db(`freeflow_${name}`).collection('theirs').insertOne({ n: 1 }),
    );
    const ended = await run('create', name);
    expect(ended).toMatchObject({
      code: 1,
      stderr: '',
      stdout: expect.stringMatching(
        /✖ mongodb\.create .*foreign-resource[^]*was rolled back at mongodb\.create; the tenant is gone/,
      ),
    });
    await withMongo(installation.info.mongodb.url, (client) => client.db(`freeflow_${name}`).dropDatabase());
  });

  test('no server answers: 4, with where it was looked for', async () => {
    const ended = await freeflow(['tenants', 'list'], { ...env, FREEFLOW_API_URL: 'http://127.0.0.1:9' });
    expect(ended).toEqual({
      code: 4,
      stdout: '',
      stderr: expect.stringMatching(/^http:\/\/127\.0\.0\.1:9 does not answer\.\nCheck that the API is up\./),
    });
    expect((await freeflow(['tenants', 'list'], { ...env, FREEFLOW_TOKEN_URL: 'http://127.0.0.1:9' })).code).toBe(4);
  });
});

describe('the way in', () => {
  test('a token is enough', async () => {
    const { FREEFLOW_API_URL = '' } = env;
    expect(
      await freeflowHere(['tenants', 'list'], { FREEFLOW_API_URL, FREEFLOW_TOKEN: await newToken(installation.info) }),
    ).toMatchObject({ code: 0 });
    expect(await freeflowHere(['tenants', 'list'], { FREEFLOW_API_URL, FREEFLOW_TOKEN: 'hunter22' })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/No valid token[^]*Get a new access token/),
    });
  });

  test('what is missing is named', async () => {
    const { FREEFLOW_API_URL = '' } = env;
    expect(await freeflowHere(['tenants', 'list'], { FREEFLOW_API_URL })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /Set FREEFLOW_TOKEN, or FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID, FREEFLOW_CLIENT_SECRET/,
      ),
    });
    expect(await freeflowHere(['tenants', 'list'], { FREEFLOW_TOKEN: 'hunter22' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('but not FREEFLOW_API_URL'),
    });
    expect(await freeflowHere(['tenants', 'list'], { FREEFLOW_API_URL: 'https://user:hunter22@host' })).toMatchObject({
      code: 2,
      stderr: expect.not.stringContaining('hunter22'),
    });
  });
});

test('a reader that has seen enough ends it quietly', async () => {
  const child = spawn('bash', ['-c', `set -o pipefail; '${process.execPath}' dist/cli/main.js --help | head -n 1`], {
    cwd: projectRoot(),
    stdio: 'pipe',
  });
  let said = '';
  child.stdout.on('data', (it) => {
    said += String(it);
  });
  child.stderr.on('data', (it) => {
    said += String(it);
  });
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
  expect(said).toBe('Usage: freeflow [options] [command]\n');
});

describe('at a terminal', () => {
  describeTerminal(() => installation);
});

describe('tenants connect', () => {
  describeConnect(() => installation, lasting);
});
