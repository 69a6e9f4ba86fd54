import type { BackendKind } from '@freeflow/contract';
import { QdrantClient } from '@qdrant/js-client-rest';
import { MongoClient } from 'mongodb';
import { Client } from 'pg';

/** What `freeflow tenants connect --json` prints. */
export type Connected = Record<BackendKind, Record<string, string>>;

/** Applications of a tenant that write and read all the time, one at each backend. */
export interface SteadyClients {
  /** How often each has written and read back, and what failed. */
  counts: Record<BackendKind, number>;
  failures: string[];
  /** From now on by these: as an application does when it is given new ones, one connection after the other. */
  switchTo(connected: Connected): Promise<void>;
  stop(): Promise<void>;
}

interface Door {
  use(n: number): Promise<void>;
  close(): Promise<void>;
}

const PAUSE_MS = 20;

const OPEN: Record<BackendKind, (it: Connected) => Promise<Door>> = {
  postgres: async ({ postgres }) => {
    const client = new Client({ connectionString: postgres['url'] });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('CREATE TABLE IF NOT EXISTS steady (n int)');
    return {
      use: async (n) => {
        await client.query('INSERT INTO steady VALUES ($1)', [n]);
        // What is made by one login is the other's to change.
        await client.query(`ALTER TABLE steady ALTER COLUMN n SET DEFAULT ${n}`);
        const { rowCount } = await client.query('SELECT FROM steady WHERE n = $1', [n]);
        if (rowCount === 0) throw new Error('not read back');
      },
      close: () => client.end(),
    };
  },
  mongodb: async ({ mongodb }) => {
    const client = await new MongoClient(mongodb['url'] ?? '').connect();
    const steady = client.db(mongodb['database']).collection('steady');
    return {
      use: async (n) => {
        await steady.insertOne({ n });
        if ((await steady.findOne({ n })) === null) throw new Error('not read back');
      },
      close: () => client.close(),
    };
  },
  qdrant: async ({ qdrant }) => {
    const client = new QdrantClient({
      url: qdrant['url'] ?? '',
      apiKey: qdrant['apiKey'] ?? '',
      checkCompatibility: false,
    });
    const collection = qdrant['collection'] ?? '';
    const vector = Array.from({ length: 1536 }, () => 0.5);
    return {
      use: async (n) => {
        await client.upsert(collection, { wait: true, points: [{ id: n, vector, payload: { n } }] });
        if ((await client.retrieve(collection, { ids: [n] })).length === 0) throw new Error('not read back');
      },
      close: async () => undefined,
    };
  },
  keycloak: async ({ keycloak }) => ({
    use: async () => {
      const form = {
        grant_type: 'client_credentials',
        scope: 'openid',
        client_id: keycloak['clientId'] ?? '',
        client_secret: keycloak['clientSecret'] ?? '',
      };
      const answer = await fetch(keycloak['tokenUrl'] ?? '', { method: 'POST', body: new URLSearchParams(form) });
      const { access_token: token } = (await answer.json()) as { access_token?: string };
      const userinfo = `${keycloak['issuer']}/protocol/openid-connect/userinfo`;
      const { status } = await fetch(userinfo, { headers: { authorization: `Bearer ${token}` } });
      if (status !== 200) throw new Error(`token ${answer.status}, userinfo ${status}`);
    },
    close: async () => undefined,
  }),
};

/** One use of a tenant's backend by these credentials: `in`, or how it is refused. */
export async function tryConnection(kind: BackendKind, connected: Connected): Promise<string> {
  let door: Door | undefined;
  try {
    door = await OPEN[kind](connected);
    await door.use(2_000_000_000);
    return 'in';
  } catch (error) {
    const { code, status, message } = error as { code?: string | number; status?: number; message: string };
    return String(code ?? status ?? message);
  } finally {
    await door?.close().catch(() => undefined);
  }
}

/** Starts them; each goes on until it is stopped, whatever fails. */
export async function startSteadyClients(connected: Connected): Promise<SteadyClients> {
  const kinds = Object.keys(OPEN) as BackendKind[];
  const counts = Object.fromEntries(kinds.map((kind) => [kind, 0])) as SteadyClients['counts'];
  const failures: string[] = [];
  const doors = new Map<BackendKind, Door>();
  for (const kind of kinds) doors.set(kind, await OPEN[kind](connected));
  let isStopped = false;
  const run = async (kind: BackendKind): Promise<void> => {
    while (!isStopped) {
      const n = (counts[kind] += 1);
      await doors
        .get(kind)
        ?.use(n)
        .catch((error: unknown) => failures.push(`${kind} at ${n}: ${String(error)}`));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const running = Promise.all(kinds.map(run));
  return {
    counts,
    failures,
    switchTo: async (next) => {
      for (const kind of kinds) {
        const before = doors.get(kind);
        doors.set(kind, await OPEN[kind](next));
        // What was begun on the one before ends there.
        await new Promise((resolve) => setTimeout(resolve, 10 * PAUSE_MS));
        await before?.close();
      }
    },
    stop: async () => {
      isStopped = true;
      await running;
      await Promise.all([...doors.values()].map((it) => it.close()));
    },
  };
}
