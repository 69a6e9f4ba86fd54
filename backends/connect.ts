import type { TenantConnection } from '@freeflow/db-master';
import type { z } from 'zod';

/**
 * What a tenant's application connects by, for programs and people. Holds secrets. What isn't known is null or
 * undefined.
 */
export type ConnectionFields = Readonly<Record<string, string | number | null | undefined>>;

/** A connection as the master database has it. */
export type ConnectionRow = Pick<TenantConnection, 'host' | 'port' | 'username' | 'dbName' | 'options'>;

/** What is known of a tenant at one backend. */
export interface ConnectTarget {
  /** The name of its database, collection, ... */
  readonly resource: string;
  /** Undefined for a backend whose connection is not recorded. */
  readonly row: ConnectionRow | undefined;
  /** Its secrets at this backend by name; none where the tenant is registered only. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Which version of its credential that is. */
  readonly credential: number;
}

/** The fields of a connection, and what is lacking among them since the server did not give it. */
export interface ConnectResult {
  readonly fields: ConnectionFields;
  readonly lacking?: {
    /** What is left out: `issuer`. */
    readonly what: string;
    readonly message: string;
    readonly advice: string;
    /** The server did not answer; otherwise it refused. */
    readonly isUnreachable: boolean;
  };
}

/** How `freeflow tenants connect` prints a tenant's connection to one backend. */
export interface ConnectForm<
  Settings extends z.ZodRawShape = z.ZodRawShape,
  Options extends z.ZodRawShape = z.ZodRawShape,
> {
  /**
   * Variables that it takes beyond the master database; on the local stack they are among the module's
   * `stackVariables`.
   */
  readonly settings: Settings;
  /** Variables that may be left out, each by itself. */
  readonly options: Options;
  describe(
    target: ConnectTarget,
    settings: z.output<z.ZodObject<Settings>>,
    options: z.output<z.ZodObject<Options>>,
  ): Promise<ConnectResult>;
  /** The words of a command that tries the connection by hand, made of its known fields. */
  tryOut(fields: Readonly<Record<string, string | number>>): (string | number)[];
}

/** A form, its settings typed by their variables. */
export const defineConnect = <Settings extends z.ZodRawShape, Options extends z.ZodRawShape>(
  form: ConnectForm<Settings, Options>,
): ConnectForm<Settings, Options> => form;

/** The form of a backend whose connection is a row of the master database, and a secret. */
export const defineRecordedConnect = (
  fieldsOf: (row: ConnectionRow, secret: string | undefined) => ConnectionFields,
  secretName: string,
  tryOut: ConnectForm['tryOut'],
): ConnectForm<Record<never, never>, Record<never, never>> => ({
  settings: {},
  options: {},
  describe: async ({ row, secrets }) =>
    row === undefined
      ? { fields: {} }
      : { fields: { host: row.host, port: row.port, ...fieldsOf(row, secrets.get(secretName)) } },
  tryOut,
});

/** The recorded options that hold text, as all that we record do; a row that was written by hand may hold others. */
export const textOptions = (options: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(typeof options === 'object' && options !== null ? options : {}).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  );

/** A connection as a URL. */
export const urlOf = (
  scheme: string,
  { username, dbName }: Pick<ConnectionRow, 'username' | 'dbName'>,
  password: string | undefined,
  place: string,
  query: Readonly<Record<string, string>>,
): string => `${scheme}://${loginOf(username, password)}${place}/${encodeURIComponent(dbName)}${queryOf(query)}`;

/** Not by URLSearchParams, which writes a blank as `+`: libpq takes that for a plus. */
function queryOf(options: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(options).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** The login of a URL, with its `@`; empty without a user. */
function loginOf(username: string | null, password: string | undefined): string {
  if (username === null) return '';
  return `${encodeURIComponent(username)}${password === undefined ? '' : `:${encodeURIComponent(password)}`}@`;
}
