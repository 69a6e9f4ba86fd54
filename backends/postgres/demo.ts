import { withSession } from '@freeflow/lib/pg';
import type { Client } from 'pg';
import { type Demo, DEMO_TIMEOUT_MS } from '../demo';

export const DEMO: Demo = {
  what: 'database in PostgreSQL',
  useOwn: ({ url, database }) =>
    inDatabase(String(url), async (client) => {
      await client.query('CREATE TABLE IF NOT EXISTS demo (greeting text)');
      await client.query('INSERT INTO demo VALUES ($1)', ['hello']);
      const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM demo');
      return `${rows[0]?.n} row(s) in its own table in ${database}`;
    }),
  intrude: (mine, theirs) => {
    const url = new URL(String(mine['url']));
    url.pathname = `/${theirs['database']}`;
    return inDatabase(url.href, (client) => client.query('SELECT 1'));
  },
  refusals: ['42501', '28000', '28P01'],
};

const inDatabase = <T>(url: string, work: (client: Client) => Promise<T>): Promise<T> =>
  withSession(url, work, {
    connectTimeoutMs: DEMO_TIMEOUT_MS,
    queryTimeoutMs: DEMO_TIMEOUT_MS,
    applicationName: 'freeflow-demo',
  });
