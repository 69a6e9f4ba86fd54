import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { commandAdviceOn } from '@freeflow/contract';
import { problemSchema } from '@freeflow/contract/http';
import type { z } from 'zod';
import { EXIT, Failure, unanswered } from '../failure';
import { waitAsTold } from '../passing';
import type { Session } from './session';

const TIMEOUT_MS = 15_000;
/**
 * A request is sent again after these pauses, in ms, when there is no answer; under the same Idempotency-Key, so that
 * it is done once.
 */
const AGAIN_AFTER_MS = [300, 1_000];

/** A problem that the API has answered with, by its stable code. */
export class Refusal extends Failure {
  constructor(
    readonly code: string,
    exitCode: number,
    message: string,
    advice: string,
    retryAfterS?: number,
  ) {
    super(exitCode, message, advice, { retryAfterS });
  }
}

export type Call = <S extends z.ZodType>(
  answer: S,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  options?: CallOptions,
) => Promise<z.output<S>>;

/** What goes with one request beyond its content. */
export interface CallOptions {
  /** The Idempotency-Key, for a request that a later run of the command may repeat. @default a new one */
  key?: string;
  /** Only where the tenant still has this ETag. */
  ifMatch?: string;
  /** Is given the ETag of the answer. */
  onEtag?: (etag: string) => void;
  /** Never sent again by itself: each time would be another one, whatever its key. @default false */
  isOnce?: boolean;
  /** How long an answer is waited for. @default 15 s */
  timeoutMs?: number;
}

interface CallerOptions {
  /** Whether what the API refuses for now is sent again, as soon as it says. Loops wait by themselves. @default true */
  isPatient?: boolean;
  /** Whether a person waits for each answer. What only follows must not use up what on-call may ask. @default true */
  isUrgent?: boolean;
  /** Ends what is sent, and what is waited for. The API may have accepted it all the same. */
  signal?: AbortSignal | undefined;
}

/** By RFC 9218: later than what has no such header. */
const LOW_PRIORITY = { priority: 'u=5' };

/**
 * Calls the API of a session. An answer is checked by its schema and handed on as it came: `--json` shows fields that
 * this version does not know.
 * @throws Refusal for what it refuses, Failure `unreachable` when it doesn't answer
 */
export function caller(session: Session, { isPatient = true, isUrgent = true, signal }: CallerOptions = {}): Call {
  const send = (
    method: string,
    path: string,
    body: unknown,
    { key = '', ifMatch, timeoutMs = TIMEOUT_MS }: CallOptions,
  ): Promise<Response> => {
    const content = {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      ...(isUrgent ? {} : LOW_PRIORITY),
    };
    return sendAuthorized(session, path, (authorization) => ({
      method,
      headers: { authorization, ...content, ...(method === 'GET' ? {} : { 'idempotency-key': key }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]),
    }));
  };
  return async (answer, method, path, body, { key = randomUUID(), ...options } = {}) => {
    const { onEtag, isOnce = false } = options;
    const pausesMs = isOnce ? [] : AGAIN_AFTER_MS;
    const sendOnce = async (): Promise<unknown> => {
      const sendIt = () => send(method, path, body, { ...options, key });
      const response = await sendWithRetries(session.url, sendIt, pausesMs, signal);
      if (!response.ok) throw await refusalIn(response, session.url);
      const etag = response.headers.get('etag');
      if (etag !== null) onEtag?.(etag);
      return response.json().catch(() => undefined);
    };
    const content = await (isPatient && !isOnce ? waitAsTold(sendOnce, signal) : sendOnce());
    const { success, error } = answer.safeParse(content);
    if (success) return content as z.output<typeof answer>;
    throw new Failure(
      EXIT.refused,
      `${session.url} answered ${method} ${path} in an unexpected form.`,
      'Check that it is the API of FreeFlow, in the same version as this command.',
      { cause: error },
    );
  };
}

/**
 * Sends a request with a token of the session; once more with another one, where that is refused and can be renewed.
 * @param request what is sent, with the value of its Authorization header; built anew for each time
 */
export async function sendAuthorized(
  { url, token, isRenewable }: Session,
  path: string,
  request: (authorization: string) => RequestInit,
): Promise<Response> {
  const send = async (renewed: boolean) => fetch(url + path, request(`Bearer ${await token(renewed)}`));
  const response = await send(false);
  return isTokenRefused(response) && isRenewable ? send(true) : response;
}

/** One of too many without a valid token from this address: the challenge tells it from one of too many with one. */
const isTokenRefused = ({ status, headers }: Response): boolean =>
  status === 401 || (status === 429 && headers.has('www-authenticate'));

async function sendWithRetries(
  url: string,
  send: () => Promise<Response>,
  pausesMs: readonly number[],
  signal: AbortSignal | undefined,
): Promise<Response> {
  for (const pauseMs of [...pausesMs, undefined]) {
    try {
      return await send();
    } catch (error) {
      if (error instanceof Failure || signal?.aborted === true) throw error;
      if (pauseMs === undefined) throw unanswered(url, 'API', error);
      await delay(pauseMs, undefined, signal === undefined ? {} : { signal });
    }
  }
  throw new Error('unreachable');
}

/** What the API has refused something with, for a person. */
export async function refusalIn(response: Response, url: string): Promise<Failure> {
  const { status } = response;
  const exitCode = status >= 500 ? EXIT.unreachable : status === 400 ? EXIT.usage : EXIT.refused;
  const retryAfterS = retryAfterIn(response);
  const { success, data } = problemSchema.safeParse(await response.json().catch(() => undefined));
  if (!success)
    return new Failure(exitCode, `${url} answers ${status}.`, 'Is it the API of FreeFlow?', { retryAfterS });
  const places = (data.errors ?? []).map(
    ({ pointer, parameter, header, detail }) =>
      `\n  ${pointer?.replace(/^\//, '') ?? parameter ?? header ?? 'body'}: ${detail}`,
  );
  const advice = commandAdviceOn(data.code) ?? data.advice;
  return new Refusal(data.code, exitCode, `${data.title}. ${data.detail}${places.join('')}`, advice, retryAfterS);
}

/** In s, of what is refused for now alone; undefined where it is not said, or by a date, which no API of ours does. */
function retryAfterIn({ status, headers }: Response): number | undefined {
  const said = headers.get('retry-after') ?? '';
  return (status === 429 || status === 503) && /^\d+$/.test(said) ? Number(said) : undefined;
}
