import { scramVerifier } from '@freeflow/lib/pg';
import { Client, escapeIdentifier as id, escapeLiteral as literal, Pool } from 'pg';
import { expectRefusal } from './http';
import { newPassword, type ResourceNames, type ScriptServer } from './server';

const POOL_MAX = 10;

interface Before {
  takesConnections: boolean;
  canLogIn: boolean;
}

/** A database, its owner and a login role for each tenant. */
export class ScriptPostgres implements ScriptServer {
  readonly pool: Pool;
  private readonly passwords = new Map<string, string>();
  /** What a suspend has taken away. */
  private readonly before = new Map<string, Before>();

  constructor(private readonly url: string) {
    this.pool = new Pool({ connectionString: url, max: POOL_MAX });
    // An idle connection that the server ends is no concern of a benchmark; a query on it fails by itself.
    this.pool.on('error', () => undefined);
  }

  async create(name: string): Promise<void> {
    const password = newPassword();
    const [owner, app] = [id(`${name}_owner`), id(`${name}_app`)];
    const verifier = await scramVerifier(password);
    const admin = await this.pool.connect();
    try {
      await admin.query(`CREATE ROLE ${owner} NOLOGIN`);
      await admin.query(`CREATE ROLE ${app} LOGIN PASSWORD ${literal(verifier)}`);
      await admin.query(`CREATE DATABASE ${id(name)} OWNER ${owner} TEMPLATE template0 STRATEGY wal_log`);
      await admin.query(
        `COMMENT ON DATABASE ${id(name)} IS 'bench'; REVOKE ALL ON DATABASE ${id(name)} FROM public; GRANT CONNECT ON DATABASE ${id(name)} TO ${app}`,
      );
    } finally {
      admin.release();
    }
    await this.inDatabase(name, {}, (client) =>
      client.query(
        `BEGIN; CREATE SCHEMA app AUTHORIZATION ${app}; REVOKE ALL ON SCHEMA public FROM public; ALTER ROLE ${app} IN DATABASE ${id(name)} SET search_path = app; COMMIT`,
      ),
    );
    this.passwords.set(name, password);
    await this.use(name);
  }

  async drop(name: string): Promise<void> {
    await this.pool.query(`DROP DATABASE ${id(name)} WITH (FORCE)`);
    await this.pool.query(`DROP ROLE ${id(`${name}_app`)}`);
    await this.pool.query(`DROP ROLE ${id(`${name}_owner`)}`);
  }

  async suspend(name: string): Promise<void> {
    const {
      rows: [before],
    } = await this.pool.query<Before>(
      'SELECT datallowconn AS "takesConnections", rolcanlogin AS "canLogIn" FROM pg_database, pg_roles WHERE datname = $1 AND rolname = $2',
      [name, `${name}_app`],
    );
    if (before === undefined) throw new Error(`there is no ${name} to suspend`);
    this.before.set(name, before);
    await this.pool.query(`ALTER DATABASE ${id(name)} ALLOW_CONNECTIONS false`);
    await this.pool.query(`ALTER ROLE ${id(`${name}_app`)} NOLOGIN`);
    for (let left = 1; left > 0;) left = await this.endSessions(name);
    await expectRefusal('PostgreSQL', () => this.use(name));
  }

  async resume(name: string): Promise<void> {
    const { canLogIn = true, takesConnections = true } = this.before.get(name) ?? {};
    await this.pool.query(`ALTER ROLE ${id(`${name}_app`)} ${canLogIn ? 'LOGIN' : 'NOLOGIN'}`);
    await this.pool.query(`ALTER DATABASE ${id(name)} ALLOW_CONNECTIONS ${takesConnections}`);
    await this.use(name);
  }

  /** @returns how many there were */
  private async endSessions(name: string): Promise<number> {
    const ended = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 OR usename = $2';
    return (await this.pool.query(ended, [name, `${name}_app`])).rowCount ?? 0;
  }

  async remove({ postgres: name }: ResourceNames): Promise<void> {
    await this.pool.query(`DROP DATABASE IF EXISTS ${id(name)} WITH (FORCE)`);
    await this.pool.query(`DROP ROLE IF EXISTS ${id(`${name}_app`)}`);
    await this.pool.query(`DROP ROLE IF EXISTS ${id(`${name}_owner`)}`);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async use(name: string): Promise<void> {
    const login = { user: `${name}_app`, password: this.passwords.get(name) ?? '' };
    await this.inDatabase(name, login, (client) =>
      client.query('CREATE TABLE probe (a int); INSERT INTO probe VALUES (1); SELECT * FROM probe; DROP TABLE probe'),
    );
  }

  private async inDatabase(
    name: string,
    { user, password }: { user?: string; password?: string },
    use: (client: Client) => Promise<unknown>,
  ): Promise<void> {
    const url = new URL(this.url);
    url.pathname = `/${name}`;
    if (user !== undefined) [url.username, url.password] = [user, password ?? ''];
    const client = new Client({ connectionString: url.href });
    await client.connect();
    try {
      await use(client);
    } finally {
      await client.end();
    }
  }
}
