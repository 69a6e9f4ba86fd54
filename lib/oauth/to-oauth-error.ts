import { types } from 'node:util';
import { ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import { OAuthError } from './errors';

const OK = 200;

/** A request of the client library, whose failures are translated. @throws OAuthError */
export async function orOAuthError<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw await toOAuthError(error);
  }
}

/** Translates what the client library throws. */
async function toOAuthError(error: unknown): Promise<OAuthError> {
  if (error instanceof ResponseBodyError)
    return new OAuthError('refused', error.status, reasonIn({ ...error.cause }, error.status), { cause: error });
  const answer = answerOf(error);
  if (answer !== undefined) {
    const target = redirectIn(answer);
    if (target !== undefined)
      return new OAuthError(
        'redirected',
        answer.status,
        `redirects to ${target}, which is not followed; configure that address if it is the right one`,
        { cause: error },
      );
    const body = answer.bodyUsed ? {} : objectIn(await answer.text().catch(() => ''));
    return answer.ok
      ? new OAuthError('malformed', answer.status, reasonIn(body, answer.status))
      : new OAuthError('refused', answer.status, reasonIn(body, answer.status), { cause: error });
  }
  const cut = fetchErrorOf(error);
  // Without its cause, which holds the whole answer: a token may be in it.
  if (cut === undefined && error instanceof ClientError)
    return new OAuthError('malformed', OK, 'the answer is no OAuth token response');
  return new OAuthError('no-answer', undefined, cut?.message ?? String(error), { cause: cut ?? error });
}

function answerOf(error: unknown): Response | undefined {
  if (error instanceof WWWAuthenticateChallengeError) return error.response;
  return error instanceof ClientError && error.cause instanceof Response ? error.cause : undefined;
}

/** Where a redirect leads, without its query, which may hold anything. */
function redirectIn({ status, headers, url }: Response): string | undefined {
  const location = headers.get('location');
  if (status < 300 || status >= 400 || location === null) return undefined;
  const target = URL.parse(location, url);
  return target === null ? 'an address that is none' : target.origin + target.pathname;
}

/** The names of what fetch throws: no answer, the deadline, an abort. */
const FETCH_ERRORS = ['TypeError', 'TimeoutError', 'AbortError'];

/** What fetch has thrown, before the answer or in the middle of its body; undefined where a whole body isn't JSON. */
function fetchErrorOf(error: unknown): Error | undefined {
  if (!(error instanceof Error) && !types.isNativeError(error)) return undefined;
  return FETCH_ERRORS.includes(error.name) ? error : fetchErrorOf(error.cause);
}

const reasonIn = ({ error, error_description: description }: Record<string, unknown>, status: number): string =>
  [error ?? status, description ?? ''].map(String).join(' ').trim();

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
