import type { StackInfo } from '@freeflow/contract/stack-info';
import { MongoClient, MongoServerError, type Document } from 'mongodb';

/** A tenant's application at MongoDB: one connection, and logins of every kind with its password. */
export interface MongoReach {
  database: string;
  /** What comes of a command: `done` or the code of the refusal. */
  run(database: string, command: Document): Promise<string>;
  answer(database: string, command: Document): Promise<Document>;
  /** What comes of a login with its own password and something else changed. */
  logIn(changes: Login): Promise<string>;
  close(): Promise<void>;
}

interface Login {
  user?: string;
  /** The database which the user belongs to. */
  source?: string;
  mechanism?: string;
}

/** One connection, so that a session opened earlier is the one that is used later on. */
const OPTIONS = { maxPoolSize: 1, serverSelectionTimeoutMS: 60_000, socketTimeoutMS: 60_000, appName: 'attacker' };

export async function reachMongo({ mongodb }: StackInfo, tenant: string, password: string): Promise<MongoReach> {
  const database = `freeflow_${tenant}`;
  const clientFor = ({ user = database, source = database, mechanism = 'SCRAM-SHA-256' }: Login) =>
    new MongoClient(
      `mongodb://${user}:${password}@${new URL(mongodb.url).host}/?authSource=${source}&authMechanism=${mechanism}&directConnection=true`,
      OPTIONS,
    );
  const client = await clientFor({}).connect();
  return {
    database,
    run: (name, command) => answerOf(() => client.db(name).command(command)),
    answer: (name, command) => client.db(name).command(command),
    logIn: async (changes) => {
      const other = clientFor(changes);
      try {
        return await answerOf(() => other.db(database).command({ listCollections: 1 }));
      } finally {
        await other.close();
      }
    },
    close: () => client.close(),
  };
}

async function answerOf(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
    return 'done';
  } catch (error) {
    if (error instanceof MongoServerError && error.code !== undefined) return String(error.code);
    throw error;
  }
}
