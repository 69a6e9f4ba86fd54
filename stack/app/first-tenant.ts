import pc from 'picocolors';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { StackInfo } from '../stack-info';
import { seconds } from '../progress';

const FIRST = 'acme';
const POLL_MS = 150;
const TIMEOUT_MS = 10_000;

const page = z.object({ items: z.array(z.object({ name: z.string() })) });
const tenantSchema = z.object({
  id: z.string(),
  status: z.string(),
  operation: z.object({ state: z.string(), step: z.string().nullish(), cause: z.string().nullish(), advice: z.string().nullish() }).nullish(),
});
const logPage = z.object({ items: z.array(z.object({ seq: z.number(), step: z.string(), status: z.string(), attempt: z.number().optional(), durationMs: z.number().nullish(), message: z.string().nullish() })) });

type TenantView = z.infer<typeof tenantSchema>;

/** States in which nothing more will happen by itself soon. */
const SETTLED = new Set(['done', 'parked', 'rolled_back', 'refused', 'incomplete']);

/**
 * Makes a first tenant where there is none, and tells each step as it happens.
 * @param tell is given one line at a time
 */
export async function makeFirstTenant(info: StackInfo, tell: (text: string) => void, signal: AbortSignal): Promise<void> {
  const call = await openApi(info, signal);
  const { items } = page.parse(await call('GET', '/tenants?gone=true&limit=1'));
  if (items.length > 0) return;
  tell(`\nThere is no tenant yet, so ${pc.bold(FIRST)} is made: POST /tenants {"name":"${FIRST}"}`);
  const startedAt = Date.now();
  const { id } = tenantSchema.parse(await call('POST', '/tenants', { name: FIRST }));
  let toldSeq = 0;
  for (;;) {
    const tenant = tenantSchema.parse(await call('GET', `/tenants/${id}`));
    toldSeq = await tellSteps(call, id, toldSeq, tell);
    if (tenant.operation === undefined || tenant.operation === null || SETTLED.has(tenant.operation.state)) {
      tell(outcome(tenant, seconds(startedAt)));
      return;
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

type Call = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<unknown>;

async function tellSteps(call: Call, id: string, after: number, tell: (text: string) => void): Promise<number> {
  const { items } = logPage.parse(await call('GET', `/tenants/${id}/logs?limit=100`));
  const fresh = items.filter(({ seq }) => seq > after).sort((one, other) => one.seq - other.seq);
  for (const { step, status, durationMs, message, attempt } of fresh) {
    const took = durationMs === undefined || durationMs === null ? '' : `${durationMs} ms`;
    const isGood = status === 'success';
    tell(`  ${isGood ? pc.green('ok') : pc.red('!!')} ${step.padEnd(18)} ${took.padStart(8)}${isGood ? '' : `  attempt ${attempt ?? 1}: ${message ?? 'no cause given'}`}`);
  }
  return fresh.at(-1)?.seq ?? after;
}

function outcome({ status, operation }: TenantView, took: string): string {
  if (status === 'active') return `${pc.bold(FIRST)} is ${pc.green('active')} after ${took}.`;
  const cause = operation?.cause ?? 'no cause is given';
  return [`${pc.bold(FIRST)} is ${pc.red('not active')} after ${took} (${status}, ${operation?.state ?? 'no operation'}${operation?.step === undefined || operation.step === null ? '' : ` at ${operation.step}`}): ${cause}`, operation?.advice].filter(Boolean).join('\n');
}

/** The API as the stack's own client; its token outlives a first tenant by far. */
async function openApi({ api, auth }: StackInfo, signal: AbortSignal): Promise<Call> {
  const limited = () => AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const login = await fetch(auth.tokenUrl, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', client_id: auth.clientId, client_secret: auth.clientSecret }), signal: limited() });
  const { access_token: token } = z.object({ access_token: z.string() }).parse(await login.json());
  return async (method, path, body) => {
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: limited(),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as unknown;
  };
}
