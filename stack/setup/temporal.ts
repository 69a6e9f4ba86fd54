import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { messageOf } from '../files';

const KEYWORD = 2;
const KEYWORD_LIST = 7;

/** What runbooks index their runs by, so that all that is stuck can be listed; the numbers are Temporal's value types. */
const SEARCH_ATTRIBUTES = { TenantName: KEYWORD, OperationKind: KEYWORD, OperationState: KEYWORD, StuckStep: KEYWORD_LIST };

const ALREADY_EXISTS = 6;
const DEADLINE_MS = 5_000;

/** Connects as the environment says (TLS, API key), but to the stack's address. */
async function connect(address: string): Promise<Connection> {
  const { connectionOptions } = loadClientConnectConfig();
  return Connection.connect({ ...connectionOptions, address, connectTimeout: DEADLINE_MS });
}

/** Throws while the server or the namespace is not there. */
export async function checkTemporal(address: string, namespace: string): Promise<void> {
  const connection = await connect(address);
  try {
    await connection.withDeadline(Date.now() + DEADLINE_MS, () => connection.workflowService.describeNamespace({ namespace }));
  } finally {
    await connection.close();
  }
}

/** Registers the search attributes; those that exist stay. Where the rights are lacking, it says so and goes on. */
export async function registerSearchAttributes(address: string, namespace: string, note: (text: string) => void): Promise<void> {
  const connection = await connect(address);
  try {
    for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) {
      await connection.withDeadline(Date.now() + DEADLINE_MS, () => connection.operatorService.addSearchAttributes({ namespace, searchAttributes: { [name]: type } })).catch((error: unknown) => {
        if (!alreadyExists(error)) note(`the search attribute ${name} could not be registered (${messageOf(error)}); register it by hand, of type ${type === KEYWORD ? 'Keyword' : 'KeywordList'}`);
      });
    }
  } finally {
    await connection.close();
  }
}

const alreadyExists = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === ALREADY_EXISTS;
