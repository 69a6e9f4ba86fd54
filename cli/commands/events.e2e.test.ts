import { cloudEventSchema } from '@freeflow/contract/http';
import { openApiBench, type ApiBench } from '../../test/support/api-bench';
import { run } from '../../test/support/stack-bench';
import { startProxy, type TcpProxy } from '../../test/support/tcp-proxy';
import { insertTenant, updateTenant } from '../../test/support/tenant-changes';
import { until } from '../../test/support/until';

let bench: ApiBench;
let proxy: TcpProxy;
let env: Record<string, string>;
beforeAll(async () => {
  bench = await openApiBench();
  proxy = await startProxy('127.0.0.1', Number(new URL(bench.url).port));
  env = { FREEFLOW_API_URL: `http://127.0.0.1:${proxy.port}`, FREEFLOW_TOKEN: await bench.issuer.token() };
});
afterAll(async () => {
  await proxy.close();
  await bench.close();
});

const freeflow = (...args: string[]) => run(process.execPath, ['dist/cli/main.js', ...args], env);

test('events shows what changes, as JSON too, and misses nothing while the API is away', async () => {
  const tenant = await insertTenant(bench.owner);
  const program = freeflow('events', tenant.name, '--since', '0', '--json');
  await program.prints(/operation\.requested/);
  proxy.shut();
  await updateTenant(bench.owner, tenant, `status = 'active'`);
  proxy.open();
  await program.prints(/tenant\.status-changed/);
  program.interrupt();
  await program.ended;
  const events = program
    .output()
    .trim()
    .split('\n')
    .map((line) => cloudEventSchema.parse(JSON.parse(line)));
  expect(events.map(({ type }) => type.replace('com.freeflow.', ''))).toEqual([
    'tenant.created',
    'operation.requested',
    'tenant.status-changed',
  ]);
});

test('without --since only what is new is shown, a line each, from the place where it began', async () => {
  const earlier = await insertTenant(bench.owner);
  const program = freeflow('events');
  const isListening = async () =>
    (
      await bench.owner.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'freeflow-api-events' AND datname = current_database()`,
      )
    ).rows[0]?.n === 1;
  await until('it is listening', isListening);
  // Whether it has begun yet is seen by nothing but an event.
  const tenant = await until('it shows one', async () => {
    const one = await insertTenant(bench.owner);
    return (
      (await until('it does', async () => program.output().includes(one.name), 2_000).catch(() => false as const)) &&
      one
    );
  });
  expect(program.output()).toMatch(new RegExp(`${tenant.name}  operation\\.requested  create`));
  expect(program.output()).not.toContain(earlier.name);
  program.interrupt();
  await program.ended;
});

test('what can not be followed is refused', async () => {
  const outcome = async (...args: string[]) => {
    const program = freeflow('events', ...args);
    return [await program.ended, program.output()];
  };
  expect(await outcome('--since', 'x')).toEqual([2, expect.stringContaining('--since x')]);
  expect(await outcome('nobody')).toEqual([1, expect.stringContaining('nobody')]);
  expect(await outcome('--since', '999999999')).toEqual([1, expect.stringContaining('missing')]);
});
