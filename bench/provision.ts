import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { grantClientCredentials } from '@freeflow/lib/oauth';
import { z } from 'zod';
import { readStackInfo } from '../stack/stack-info';

const USAGE = `Usage: npm run bench -- [--tenants 10] [--at-once 1] [--dir .freeflow]

Creates and hard-deletes tenants on a running stack (npm start) and prints medians in ms: of each step, and of the whole from
commit to the end of the operation. The first tenant warms up and isn't counted. Compare within one run only.`;

const operation = z.object({
  id: z.string(),
  status: z.string(),
  operation: z.object({
    state: z.string(),
    requestedAt: z.string(),
    endedAt: z.string().nullable(),
    cause: z.string().nullable(),
  }),
});
const logs = z.object({ items: z.array(z.object({ step: z.string(), durationMs: z.number().nullable() })) });

type Call = (method: string, path: string, body?: object) => Promise<unknown>;
type Figures = Map<string, number[]>;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      tenants: { type: 'string', default: '10' },
      'at-once': { type: 'string', default: '1' },
      dir: { type: 'string', default: '.freeflow' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(USAGE);
    return;
  }
  const call = await login(readStackInfo(values.dir));
  await lifecycle(call, new Map());
  const figures: Figures = new Map();
  let left = Number(values.tenants);
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: Number(values['at-once']) }, async () => {
      while (left-- > 0) await lifecycle(call, figures);
    }),
  );
  print(figures, Number(values.tenants), (performance.now() - startedAt) / 1000);
}

async function lifecycle(call: Call, figures: Figures): Promise<void> {
  const { id } = operation.parse(await call('POST', '/tenants', { name: `bench${randomBytes(5).toString('hex')}` }));
  note(figures, 'create, commit to end', await ended(call, id));
  await call('DELETE', `/tenants/${id}?mode=hard&force=true`);
  note(figures, 'delete, commit to end', await ended(call, id));
  for (const { step, durationMs } of logs.parse(await call('GET', `/tenants/${id}/logs?limit=100`)).items)
    note(figures, step, durationMs ?? 0);
}

const note = (figures: Figures, name: string, ms: number) => figures.set(name, [...(figures.get(name) ?? []), ms]);

/** Waits for the end of the last operation; gives its length in ms by the master database's own times. */
async function ended(call: Call, id: string): Promise<number> {
  for (;;) {
    const {
      operation: { state, requestedAt, endedAt, cause },
    } = operation.parse(await call('GET', `/tenants/${id}`));
    if (endedAt !== null && state !== 'done') throw new Error(`${id} ended as ${state}: ${cause ?? ''}`);
    if (endedAt !== null) return Date.parse(endedAt) - Date.parse(requestedAt);
    await delay(20);
  }
}

async function login({ api, auth }: StackInfo): Promise<Call> {
  const { value: token } = await grantClientCredentials(auth);
  return async (method, path, body) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const response = await fetch(api.url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.json();
  };
}

function print(figures: Figures, tenants: number, seconds: number): void {
  const rows = [...figures].map(([name, values]) => {
    const sorted = values.sort((a, b) => a - b);
    return {
      name,
      n: sorted.length,
      min: sorted[0],
      median: sorted[Math.floor(sorted.length / 2)],
      max: sorted.at(-1),
    };
  });
  console.table(rows);
  console.log(`${tenants} tenants created and deleted in ${seconds.toFixed(1)} s`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
