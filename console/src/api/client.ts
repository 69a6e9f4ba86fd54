import { problemSchema, type ProblemBody } from '@freeflow/contract/http';
import type { z } from 'zod';

/** The API refuses what was asked, and says why. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(readonly problem: ProblemBody) {
    super(problem.detail);
  }
}

/** The API does not answer: it is down, or the network is. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** Nobody is signed in any more: the token is over, and no new one is given out. */
export class SignedOut extends Error {
  override readonly name = 'SignedOut';
}

/** Nothing was sent, as no token could be had. */
export class NotSent extends Unreachable {}

/** What is sent. */
export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  body?: unknown;
  /** Only where the tenant still has this ETag. */
  ifMatch?: string;
  /** Sent again under the same key, it is done once. @default a new one for each call that changes something */
  key?: string;
  signal?: AbortSignal;
  /** Whether it may come after what others ask (RFC 9218). @default false */
  isPatient?: boolean;
}

/** Calls the API as whoever is signed in. */
export interface Api {
  /**
   * @throws Refusal for what the API refuses, Unreachable when it doesn't answer, ZodError for another form of answer
   */
  call<S extends z.ZodType>(answer: S, call: Call): Promise<z.output<S>>;
  /** As call, with the ETag of the answer. */
  callTagged<S extends z.ZodType>(answer: S, call: Call): Promise<{ body: z.output<S>; etag: string | undefined }>;
  /** Sends a request with the token, once more with a new one where the first was not taken. */
  send(path: string, init?: RequestInit): Promise<Response>;
}

/** Gives the token of who is signed in; a new one, where the last was not taken. */
export type TokenSource = (options?: { isRefused: boolean }) => Promise<string>;

const NO_CONTENT = 204;
/** What is answered later is taken for lost: nobody waits longer, and what reads is asked again. */
const PATIENCE_MS = 30_000;

export function createApi(tokenOf: TokenSource): Api {
  const send: Api['send'] = async (path, init = {}) => {
    const attempt = async (token: string) => fetchOrTell(path, init, token);
    const response = await attempt(await tokenOf());
    return response.status === 401 ? attempt(await tokenOf({ isRefused: true })) : response;
  };
  const callTagged: Api['callTagged'] = async (answer, call) => {
    const timeout = AbortSignal.timeout(PATIENCE_MS);
    const signal = call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]);
    const response = await send(pathOf(call), { ...initOf(call), signal });
    if (!response.ok) throw await refusalIn(response);
    const body = answer.parse(response.status === NO_CONTENT ? null : await readBody(response, call.signal));
    return { body, etag: response.headers.get('etag') ?? undefined };
  };
  return { send, callTagged, call: async (answer, call) => (await callTagged(answer, call)).body };
}

async function fetchOrTell(path: string, init: RequestInit, token: string): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  try {
    return await fetch(path, { ...init, headers, cache: 'no-store' });
  } catch (error) {
    throw asUnreachable(error, init.signal);
  }
}

async function readBody(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw asUnreachable(error, signal);
  }
}

/** But for what was ended by us, because nobody waits for it any more. */
const asUnreachable = (error: unknown, signal: AbortSignal | null | undefined): unknown =>
  signal?.aborted === true && !isTimeout(signal.reason)
    ? error
    : new Unreachable('The API does not answer.', { cause: error });

const isTimeout = (reason: unknown): boolean => reason instanceof DOMException && reason.name === 'TimeoutError';

/** The path with its query, in which a list is repeated and what is undefined left out. */
function pathOf({ path, query = {} }: Pick<Call, 'path' | 'query'>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((it): [string, string] => [name, String(it)]),
  );
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs).toString()}`;
}

function initOf({ method = 'GET', body, ifMatch, key, isPatient = false }: Call): RequestInit {
  const changes = method !== 'GET';
  return {
    method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      ...(isPatient ? { priority: 'u=5' } : {}),
      ...(changes ? { 'idempotency-key': key ?? crypto.randomUUID() } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

/** What the API has answered with, or what stands between it and us. */
async function refusalIn(response: Response): Promise<Refusal | Unreachable> {
  const parsed = problemSchema.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return new Refusal(parsed.data);
  return new Unreachable(`The API could not be reached: something in between answers ${response.status}.`);
}

/** By which the API says that it has failed itself, at whatever point. */
const FAILED: readonly string[] = ['internal', 'master-database-unavailable'];

/** Whether what was sent may have been done all the same: its answer is lost. What is refused was not. */
export const isOutcomeUnknown = (error: unknown): boolean =>
  error instanceof Refusal
    ? FAILED.includes(error.problem.code)
    : !(error instanceof NotSent || error instanceof SignedOut);

/** Whether it may succeed when it is simply asked again. */
export function isPassing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refusal && [429, 503].includes(error.problem.status));
}
