import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { commandAdviceOn } from '@freeflow/contract';
import { problemSchema } from '@freeflow/contract/http';
import type { z } from 'zod';
import { EXIT, Failure, unanswered } from '../failure';
import type { Session } from './session';

const TIMEOUT_MS = 15_000;
/**
 * A request is sent again after these pauses, in ms, when there is no answer; under the same Idempotency-Key, so that
 * it is done once.
 */
const AGAIN_AFTER_MS = [300, 1_000];

/** How often, and for how long at most in s, it waits where the API asks it to. */
const MOST_WAITS = 3;
const LONGEST_WAIT_S = 60;

/** A problem that the API has answered with, by its stable code. */
export class Refusal extends Failure {
  constructor(
    readonly code: string,
    exitCode: number,
    message: string,
    advice: string,
  ) {
    super(exitCode, message, advice);
  }
}

export type Call = <S extends z.ZodType>(
  answer: S,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
) => Promise<z.output<S>>;

/**
 * Calls the API of a session. An answer is checked by its schema and handed on as it came: `--json` shows fields that
 * this version does not know.
 * @throws Refusal for what it refuses, Failure `unreachable` when it doesn't answer
 */
export function caller(session: Session): Call {
  const send = (method: string, path: string, body: unknown, key: string): Promise<Response> => {
    const content = body === undefined ? {} : { 'content-type': 'application/json' };
    return sendAuthorized(session, path, (authorization) => ({
      method,
      headers: { authorization, ...content, ...(method === 'GET' ? {} : { 'idempotency-key': key }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }));
  };
  return async (answer, method, path, body) => {
    const key = randomUUID();
    const response = await waitingAsTold(() => sendWithRetries(session.url, () => send(method, path, body, key)));
    const content: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw toRefusal(response.status, content, session.url);
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
  return response.status === 401 && isRenewable ? send(true) : response;
}

/** Sends again what was refused as one request too many, as soon as the API says. */
async function waitingAsTold(send: () => Promise<Response>): Promise<Response> {
  for (let waits = 0; ; waits++) {
    const response = await send();
    const waitS = Number(response.headers.get('retry-after') ?? 'none');
    if (response.status !== 429 || waits >= MOST_WAITS || !(waitS <= LONGEST_WAIT_S)) return response;
    // Silence would look like an API that hangs.
    console.error(`rate limited, waiting ${waitS} s`);
    await delay(waitS * 1_000);
  }
}

async function sendWithRetries(url: string, send: () => Promise<Response>): Promise<Response> {
  for (const pauseMs of [...AGAIN_AFTER_MS, undefined]) {
    try {
      return await send();
    } catch (error) {
      if (error instanceof Failure) throw error;
      if (pauseMs === undefined) throw unanswered(url, 'API', error);
      await delay(pauseMs);
    }
  }
  throw new Error('unreachable');
}

export function toRefusal(status: number, content: unknown, url: string): Failure {
  const exitCode = status >= 500 ? EXIT.unreachable : status === 400 ? EXIT.usage : EXIT.refused;
  const { success, data } = problemSchema.safeParse(content);
  if (!success) return new Failure(exitCode, `${url} answers ${status}.`, 'Is it the API of FreeFlow?');
  const places = (data.errors ?? []).map(
    ({ pointer, parameter, header, detail }) =>
      `\n  ${pointer?.replace(/^\//, '') ?? parameter ?? header ?? 'body'}: ${detail}`,
  );
  const advice = commandAdviceOn(data.code) ?? data.advice;
  return new Refusal(data.code, exitCode, `${data.title}. ${data.detail}${places.join('')}`, advice);
}
