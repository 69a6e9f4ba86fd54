import { randomUUID } from 'node:crypto';
import { type Demo, DEMO_TIMEOUT_MS, type DemoConnection } from '../demo';

export const DEMO: Demo = {
  what: 'collection in Qdrant',
  useOwn: async (mine) => {
    const collection = String(mine['collection']);
    const { config } = (await call(mine, 'GET', collection)) as {
      config: { params: { vectors: { size: number } } };
    };
    const vector = Array.from({ length: config.params.vectors.size }, () => 0.5);
    await call(mine, 'PUT', `${collection}/points?wait=true`, {
      points: [{ id: randomUUID(), vector, payload: { greeting: 'hello' } }],
    });
    const { count } = (await call(mine, 'POST', `${collection}/points/count`, {
      exact: true,
      filter: { must: [{ key: 'greeting', match: { value: 'hello' } }] },
    })) as { count: number };
    return `${count} point(s) in its own collection ${collection}`;
  },
  intrude: (mine, theirs) => call(mine, 'GET', String(theirs['collection'])),
  refusals: [401, 403],
};

async function call(
  { url, apiKey }: DemoConnection,
  method: 'GET' | 'PUT' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`${url}/collections/${path}`, {
    method,
    headers: { 'api-key': String(apiKey), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(DEMO_TIMEOUT_MS),
  });
  if (!response.ok) throw Object.assign(new Error(response.statusText), { status: response.status });
  return ((await response.json()) as { result: unknown }).result;
}
