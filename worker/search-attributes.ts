import { SEARCH_ATTRIBUTES } from '@freeflow/contract';
import { Client, isGrpcServiceError } from '@temporalio/client';
import { SearchAttributeType } from '@temporalio/common';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';
import type { NativeConnection } from '@temporalio/worker';

/** https://grpc.io/docs/guides/status-codes/ */
const GRPC = { invalidArgument: 3, permissionDenied: 7, unimplemented: 12 } as const;

const WANTED = Object.values(SEARCH_ATTRIBUTES);
type Attribute = (typeof WANTED)[number];

/**
 * Registers what operators search by, as far as the server lets us. An attribute that isn't there, or is of another
 * type, would fail every workflow task that sets it, so workflows go on without it.
 * @param warn is called with what is wrong and what to do
 * @returns the names that workflows may set; nothing where they may set all
 */
export async function registerSearchAttributes(
  connection: NativeConnection,
  namespace: string,
  warn: (message: string) => void = () => undefined,
): Promise<string[] | undefined> {
  const state =
    (await ifAllowed(() => statesByList(connection, namespace))) ??
    (await statesByQueries(new Client({ connection, namespace })));
  const missing = WANTED.filter((it) => state.get(it.name) === 'missing');
  if (missing.length > 0)
    for (const name of (await ifAllowed(() => add(connection, namespace, missing))) ?? []) state.set(name, 'usable');
  const unusable = WANTED.filter(({ name }) => state.get(name) !== 'usable');
  for (const { name, type } of unusable) warn(complaint(name, type, state.get(name) === 'missing'));
  return unusable.length === 0 ? undefined : WANTED.map(({ name }) => name).filter((it) => state.get(it) === 'usable');
}

type State = 'usable' | 'missing' | 'other-type';

async function statesByList(connection: NativeConnection, namespace: string): Promise<Map<string, State>> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const stateOf = ({ name, type }: Attribute): State => {
    const found = customAttributes[name];
    if (found === undefined) return 'missing';
    return found === encodeSearchAttributeIndexedValueType(type) ? 'usable' : 'other-type';
  };
  return new Map(WANTED.map((it) => [it.name, stateOf(it)]));
}

/**
 * Reads the state from the queries that the server accepts, which needs no right to its operator service (Temporal
 * Cloud gives none).
 */
async function statesByQueries(client: Client): Promise<Map<string, State>> {
  const acceptsQuery = async (query: string): Promise<boolean> => {
    try {
      await client.workflow.count(query);
      return true;
    } catch (error) {
      if (hasStatus(error, GRPC.invalidArgument)) return false;
      throw error;
    }
  };
  const stateOf = async ({ name, type }: Attribute): Promise<State> => {
    // Numbers, times and texts take no IN of strings; a single keyword takes STARTS_WITH, a list doesn't.
    if (!(await acceptsQuery(`${name} IN ('a')`))) return 'missing';
    return type === SearchAttributeType.KEYWORD_LIST && (await acceptsQuery(`${name} STARTS_WITH 'a'`))
      ? 'other-type'
      : 'usable';
  };
  return new Map(await Promise.all(WANTED.map(async (it) => [it.name, await stateOf(it)] as const)));
}

/** Gives the names of those that are there now. */
async function add(connection: NativeConnection, namespace: string, missing: readonly Attribute[]): Promise<string[]> {
  const entries = missing.map(({ name, type }) => [name, encodeSearchAttributeIndexedValueType(type)]);
  await connection.operatorService
    .addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(entries) })
    .catch((error: unknown) => {
      // Another worker that starts at the same time may have been quicker.
      if (!/already exists/i.test(String(error))) throw error;
    });
  return missing.map(({ name }) => name);
}

/** Undefined where the server will never permit it; any other failure may pass. */
async function ifAllowed<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (hasStatus(error, GRPC.permissionDenied) || hasStatus(error, GRPC.unimplemented)) return undefined;
    throw error;
  }
}

const hasStatus = (error: unknown, status: number): boolean => {
  const inner: unknown = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  return isGrpcServiceError(inner) && Number(inner.code) === status;
};

function complaint(name: string, type: string, isMissing: boolean): string {
  const why = isMissing
    ? `There is no search attribute ${name} of the type ${type}, and this server does not let the worker add it`
    : `Search attribute ${name} is not of the type ${type}`;
  const remedy = isMissing
    ? `Add it by hand (temporal operator search-attribute create --name ${name} --type ${type})`
    : `Remove or rename it (temporal operator search-attribute remove --name ${name})`;
  return `${why}: workflows go on without it, and can't be found by it. ${remedy}, then restart the workers.`;
}
