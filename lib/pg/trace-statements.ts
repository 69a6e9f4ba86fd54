import { AsyncResource } from 'node:async_hooks';
import { Pool, type Client } from 'pg';
import { beginCall, type EndCall } from '../tracing/calls';
import { errorCode } from './error-code';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Makes a span of each statement of a client, and one of each transaction as a whole: pg tells of them on no channel.
 * @param attributes of all of them
 */
export function traceStatements(client: Client, attributes: Readonly<Record<string, string>>): void {
  keepContextInPools();
  const query = Reflect.get(client, 'query') as Method;
  let endTransaction: EndCall | undefined;

  const begin = (text: string): EndCall | undefined => {
    const name = nameOf(text);
    if (endTransaction !== undefined) {
      if (name !== 'COMMIT' && name !== 'ROLLBACK') return undefined;
      const end = endTransaction;
      endTransaction = undefined;
      return end;
    }
    const isTransaction = name.startsWith('BEGIN');
    const call = beginCall(isTransaction ? 'transaction' : name, { ...attributes, 'db.operation.name': name });
    if (!isTransaction) return call;
    endTransaction = call;
    return undefined;
  };

  const traced: Method = (...args) => {
    const end = begin(textOf(args[0]));
    return end === undefined ? query.apply(client, args) : untilEnd(end, args, () => query.apply(client, args));
  };
  Reflect.set(client, 'query', traced);
}

/** @param args the last of which may be a callback, as those of pg's pools are */
function untilEnd(end: EndCall, args: unknown[], query: () => unknown): unknown {
  const callback = args.at(-1);
  if (typeof callback === 'function')
    args[args.length - 1] = (error: unknown, ...results: unknown[]): unknown => {
      end(failureOf(error));
      return Reflect.apply(callback, undefined, [error, ...results]);
    };
  const result = query();
  if (result instanceof Promise)
    result.then(
      () => end(),
      (error: unknown) => end(failureOf(error)),
    );
  return result;
}

const failureOf = (error: unknown): string | undefined =>
  error === undefined || error === null ? undefined : errorCode(error) || 'unknown';

const textOf = (query: unknown): string =>
  (typeof query === 'string' ? query : ((query as { text?: string } | undefined)?.text ?? '')).trim();

/** What a statement does, such as `CREATE ROLE`: after these words come names and values. */
export const nameOf = (text: string): string => /^[A-Za-z]+(?: [A-Z]+)?(?![\w.])/.exec(text)?.[0] ?? 'statement';

let isContextKept = false;

/** A pool gives a caller who had to wait a connection in the async context of whoever has given that back. */
function keepContextInPools(): void {
  if (isContextKept) return;
  isContextKept = true;
  const connect = Reflect.get(Pool.prototype, 'connect') as Method;
  const bound: Method = function (callback) {
    return connect.apply(this, typeof callback === 'function' ? [AsyncResource.bind(callback as Method)] : []);
  };
  Reflect.set(Pool.prototype, 'connect', bound);
}
