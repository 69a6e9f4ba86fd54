import { createRequire } from 'node:module';
import { Client } from 'pg';
import type { SpanRecorder } from './recorder';

type Method = (this: object, ...args: unknown[]) => unknown;

/**
 * Notes every statement, command and login of the two drivers that tell of them on no channel, by replacing their
 * methods. The statements of one transaction of the master database are one span: what is between them is its time too.
 * @param master the name of the master database
 */
export function watchDrivers(recorder: SpanRecorder, master: string): void {
  const serverOf = (client: object) => ((client as Client).database === master ? 'master' : 'postgres');
  const transactions = new WeakMap<object, () => void>();
  note(Client.prototype, 'connect', (client) => recorder.begin(serverOf(client), 'connect'));
  note(Client.prototype, 'query', (client, [query]) => {
    const text = textOf(query);
    const server = serverOf(client);
    if (server !== 'master') return recorder.begin(server, firstWords(text));
    if (/^BEGIN/i.test(text)) transactions.set(client, recorder.begin('master', 'transaction'));
    const endOfAll = transactions.get(client);
    if (endOfAll === undefined) return recorder.begin('master', firstWords(text));
    if (!/^(COMMIT|ROLLBACK$)/i.test(text)) return () => undefined;
    transactions.delete(client);
    return endOfAll;
  });
  const { Connection } = createRequire(__filename)('mongodb/lib/cmap/connection') as {
    Connection: { prototype: object };
  };
  note(Connection.prototype, 'command', (_connection, [, command]) =>
    recorder.begin('mongodb', Object.keys(command as object)[0] ?? 'command'),
  );
}

/**
 * Puts a method in place of another that notes when it begins, and when its promise is settled or, as pg's pool wants
 * it, its callback called.
 */
function note(prototype: object, name: string, begin: (target: object, args: unknown[]) => () => void): void {
  const original = Reflect.get(prototype, name) as Method;
  const noting: Method = function (...args) {
    const end = begin(this, args);
    const callback = args.at(-1);
    if (typeof callback === 'function' && prototype === Client.prototype) {
      args[args.length - 1] = (...results: unknown[]): unknown => {
        end();
        return Reflect.apply(callback, undefined, results);
      };
    }
    const result = original.apply(this, args);
    if (result instanceof Promise) result.then(end, end);
    return result;
  };
  Reflect.set(prototype, name, noting);
}

const textOf = (query: unknown): string =>
  (typeof query === 'string' ? query : ((query as { text?: string } | undefined)?.text ?? '')).trim();

const firstWords = (text: string): string => text.split(/\s+/, 2).join(' ');
