import { execFileSync } from 'node:child_process';
import { projectRoot } from '../stack/project';
import { freeflow, npmFreeflow } from '../test/support/freeflow';

describe('wrong usage ends with 2, says what is wrong and prints nothing to be taken for an answer', () => {
  const cases: [string[], RegExp][] = [
    [[], /^Usage: freeflow/],
    [['tenants'], /^Usage: freeflow tenants/],
    [['setup'], /^Usage: freeflow setup/],
    [['tokne'], /unknown command 'tokne'\n\(Did you mean token\?\)/],
    [['token', 'more'], /too many arguments/],
    [['tenants', 'connect'], /missing required argument 'tenant'/],
    [['tenants', 'connect', 'acme', 'oracle'], /Allowed choices are postgres, mongodb, qdrant, keycloak/],
    [['tenants', 'connect', 'acme', '--jsno'], /unknown option '--jsno'\n\(Did you mean --json\?\)/],
  ];
  test.each(cases)('freeflow %j', async (args, said) => {
    expect(await freeflow(args)).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(said) });
  });
});

describe('--help shows examples, and what is read from the environment', () => {
  const cases: [string[], string[]][] = [
    [
      [],
      [
        'Examples:',
        'npm run -s freeflow -- tenants create acme',
        'FREEFLOW_API_URL with FREEFLOW_TOKEN',
        'Exit codes: 0 done, 1 refused or rolled back, 2 wrong usage, 3 parked, 4 unreachable',
      ],
    ],
    [['token'], ['Example:', 'FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID, FREEFLOW_CLIENT_SECRET']],
    [
      ['doctor'],
      [
        'Examples:',
        'doctor --json | jq',
        'FREEFLOW_API_URL, FREEFLOW_WORKER_URL',
        'MASTER_OWNER_URL',
        '4 nothing can be reached',
      ],
    ],
    [
      ['setup', 'backends'],
      [
        'Examples:',
        'setup backends --print-env > worker.env',
        'POSTGRES_OWNER_URL',
        'MONGODB_OWNER_URL',
        'KEYCLOAK_OWNER_CLIENT_SECRET',
        'PROVISIONER_POSTGRES_PASSWORD',
        '(default: "freeflow_provisioner")',
      ],
    ],
    [
      ['tenants', 'connect'],
      [
        'Examples:',
        'tenants connect acme postgres --json',
        'MASTER_DATABASE_URL, SECRETS_KEY, KEYCLOAK_URL',
        '"postgres", "mongodb", "qdrant"',
      ],
    ],
  ];
  test.each(cases)('freeflow %j --help', async (args, words) => {
    const { code, stdout, stderr } = await freeflow([...args, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of words) expect(stdout).toContain(word);
  });
});

test('as npm script, the way the README calls it, it prints the answer alone and ends with its own exit code', async () => {
  const [answered, refused] = await Promise.all([npmFreeflow(['token']), npmFreeflow(['tenants', 'connect'])]);
  expect(answered).toEqual({ code: 0, stdout: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+\n$/), stderr: '' });
  expect(refused).toMatchObject({ code: 2, stdout: '' });
});

test('--version and token --json are for programs', async () => {
  expect(await freeflow(['--version'])).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+(?:-\d+)?-g[0-9a-f]{10}(?:-dirty)?\n$|^\d+\.\d+\.\d+\n$/),
    stderr: '',
  });
  expect(JSON.parse((await freeflow(['token', '--json'])).stdout)).toEqual({
    accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  });
});

/** What a command has loaded of the servers' drivers when it ends, of the files that its bundle is made of. */
const driversOf = (...words: string[]): string[] => {
  const script = `process.argv.splice(1, 0, 'freeflow');
    process.on('exit', () => console.log(JSON.stringify(Object.keys(require.cache))));
    require('./dist/cli/program.js')`;
  const output = execFileSync(process.execPath, ['-e', script, '--', ...words, '--help'], { cwd: projectRoot() });
  const loaded = (JSON.parse(String(output).trimEnd().split('\n').at(-1) ?? '[]') as string[]).join('\n');
  return ['mongodb', 'pg', '@qdrant/js-client-rest', '@temporalio/client', '@prisma/client'].filter((it) =>
    loaded.includes(`/node_modules/${it}/`),
  );
};

test('drivers of servers, which take longer to load than most commands take, are loaded where they are needed', () => {
  expect(driversOf('tenants', 'list')).toEqual([]);
  expect(driversOf('tenants', 'connect')).toContain('mongodb');
});
