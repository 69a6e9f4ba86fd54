import { SEARCH_ATTRIBUTES } from '@freeflow/contract';
import type { Client } from '@temporalio/client';
import { SearchAttributeType } from '@temporalio/common';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';
import { GRPC, hasStatus, ifAllowed } from './refusals';

const WANTED = Object.values(SEARCH_ATTRIBUTES);

/** What operators search by: its name, and its type as the server calls it. */
export type SearchAttribute = (typeof WANTED)[number];

/** How it stands with what operators search by; every attribute is in one of the lists. */
export interface SearchAttributesState {
  /** They were there. */
  readonly there: readonly SearchAttribute[];
  /** They were not, and are now. */
  readonly added: readonly SearchAttribute[];
  /** They are not, and the server does not let us add them. */
  readonly missing: readonly SearchAttribute[];
  /** There is another of that name. */
  readonly ofOtherType: readonly SearchAttribute[];
}

/**
 * Adds what operators search by to the client's namespace, as far as the server lets us.
 * @throws Error when Temporal doesn't answer
 */
export async function ensureSearchAttributes(client: Client): Promise<SearchAttributesState> {
  const state = await readSearchAttributes(client);
  const absent = WANTED.filter(({ name }) => state.get(name) === 'missing');
  const added = absent.length === 0 ? [] : ((await ifAllowed(() => add(client, absent))) ?? []);
  return {
    there: WANTED.filter(({ name }) => state.get(name) === 'usable'),
    added,
    missing: absent.filter((it) => !added.includes(it)),
    ofOtherType: WANTED.filter(({ name }) => state.get(name) === 'other-type'),
  };
}

/** How it stands with one of them. */
type State = 'usable' | 'missing' | 'other-type';

/**
 * How it stands with each of them, by name; by what the server lets us see.
 * @throws Error when Temporal doesn't answer
 */
export const readSearchAttributes = async (client: Client): Promise<ReadonlyMap<string, State>> =>
  (await ifAllowed(() => statesByList(client))) ?? (await statesByQueries(client));

async function statesByList({
  connection: { operatorService },
  options: { namespace },
}: Client): Promise<Map<string, State>> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const stateOf = ({ name, type }: SearchAttribute): State => {
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
  const stateOf = async ({ name, type }: SearchAttribute): Promise<State> => {
    // Numbers, times and texts take no IN of strings; a single keyword takes STARTS_WITH, a list doesn't.
    if (!(await acceptsQuery(`${name} IN ('a')`))) return 'missing';
    return type === SearchAttributeType.KEYWORD_LIST && (await acceptsQuery(`${name} STARTS_WITH 'a'`))
      ? 'other-type'
      : 'usable';
  };
  return new Map(await Promise.all(WANTED.map(async (it) => [it.name, await stateOf(it)] as const)));
}

/** Gives those that are there now. */
async function add(
  { connection: { operatorService }, options: { namespace } }: Client,
  missing: readonly SearchAttribute[],
): Promise<readonly SearchAttribute[]> {
  const entries = missing.map(({ name, type }) => [name, encodeSearchAttributeIndexedValueType(type)]);
  await operatorService
    .addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(entries) })
    .catch((error: unknown) => {
      // Another worker that starts at the same time may have been quicker.
      if (!/already exists/i.test(String(error))) throw error;
    });
  return missing;
}
