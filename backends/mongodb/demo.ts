import { MongoClient } from 'mongodb';
import { type Demo, DEMO_TIMEOUT_MS } from '../demo';

export const DEMO: Demo = {
  what: 'database in MongoDB',
  useOwn: ({ url, database }) =>
    withClient(String(url), async (client) => {
      await client.db().collection('demo').insertOne({ greeting: 'hello' });
      return `${await client.db().collection('demo').countDocuments()} document(s) in its own collection in ${database}`;
    }),
  intrude: (mine, theirs) =>
    withClient(String(mine['url']), (client) => client.db(String(theirs['database'])).collection('demo').findOne()),
  refusals: [13, 18],
};

async function withClient<T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: DEMO_TIMEOUT_MS });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
