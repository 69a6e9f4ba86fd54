import { MongoClient, type Db } from 'mongodb';
import { z } from 'zod';
import { expectRefusal } from './http';
import { newPassword, type ResourceNames, type ScriptServer } from './server';

const POOL_MAX = 20;
const USER_NOT_FOUND = 11;

const userAnswer = z.object({
  roles: z.array(z.object({ role: z.string(), db: z.string() })),
  mechanisms: z.array(z.string()),
});
const usersAnswer = z.object({ users: z.tuple([userAnswer]) });

/** A database with a user of its own for each tenant. */
export class ScriptMongo implements ScriptServer {
  private readonly client: MongoClient;
  private readonly passwords = new Map<string, string>();
  /** What a suspend has taken away. */
  private readonly before = new Map<string, z.output<typeof usersAnswer>['users'][0]>();

  constructor(private readonly url: string) {
    this.client = new MongoClient(url, { maxPoolSize: POOL_MAX });
  }

  async create(name: string): Promise<void> {
    const password = newPassword();
    const db = this.client.db(name);
    await db.collection<{ _id: string }>('_m').insertOne({ _id: 'owner' });
    await db.command({ createUser: name, pwd: password, roles: [{ role: 'readWrite', db: name }] });
    this.passwords.set(name, password);
    await this.use(name);
  }

  async drop(name: string): Promise<void> {
    await this.client.db(name).command({ dropUser: name });
    await this.client.db(name).dropDatabase();
  }

  async suspend(name: string): Promise<void> {
    const db = this.client.db(name);
    const {
      users: [user],
    } = usersAnswer.parse(await db.command({ usersInfo: name }));
    this.before.set(name, user);
    await db.command({ updateUser: name, roles: [], pwd: newPassword() });
    const admin = this.client.db('admin');
    await admin.command({ killAllSessions: [{ user: name, db: name }] });
    await this.endOperations(admin, name);
    await expectRefusal('MongoDB', () => this.use(name));
  }

  async resume(name: string): Promise<void> {
    const before = this.before.get(name);
    if (before === undefined) throw new Error(`the script has not suspended ${name}`);
    await this.client.db(name).command({ updateUser: name, ...before, pwd: this.passwords.get(name) });
    await this.use(name);
  }

  async remove({ mongodb: name }: ResourceNames): Promise<void> {
    const db = this.client.db(name);
    await db.command({ dropUser: name }).catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== USER_NOT_FOUND) throw error;
    });
    await db.dropDatabase();
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /** A command is authorised once, when it begins: what goes on is ended. */
  private async endOperations(admin: Db, name: string): Promise<void> {
    const ofTenant = [{ $currentOp: { allUsers: true } }, { $match: { active: true, 'effectiveUsers.db': name } }];
    for await (const { opid } of admin.aggregate(ofTenant)) await admin.command({ killOp: 1, op: opid as number });
  }

  private async use(name: string): Promise<void> {
    const url = new URL(this.url);
    [url.username, url.password, url.pathname, url.search] = [
      name,
      this.passwords.get(name) ?? '',
      `/${name}`,
      `?authSource=${name}`,
    ];
    const tenant = new MongoClient(url.href);
    try {
      const probe = tenant.db(name).collection('probe');
      await probe.insertOne({ a: 1 });
      await probe.findOne();
      await probe.drop();
    } finally {
      await tenant.close();
    }
  }
}
