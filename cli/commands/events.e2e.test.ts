import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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

test('after the end of a stream it goes on from the place that the last sign of life has told', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers['last-event-id']?.toString());
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end('id: 5\n: from 5\n\n:\n\nid: 9\n: from 9\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const program = run(process.execPath, ['dist/cli/main.js', 'events'], {
    ...env,
    FREEFLOW_API_URL: `http://127.0.0.1:${port}`,
  });
  await until('it has come back', async () => asked.length > 1);
  expect(asked.slice(0, 2)).toEqual([undefined, '9']);
  program.interrupt();
  await program.ended;
  server.closeAllConnections();
  server.close();
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
