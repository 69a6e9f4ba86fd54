import { escapeIdentifier as id, type Client } from 'pg';
import type { Target } from '../backend';
import { BackendFault, hasCode, messageOf } from '../failures';
import { openNeutral, settingsOf } from './neutral-session';
import type { PostgresServer } from './server';
import { appRole, loginRole } from './sql';

const WRONG_PASSWORD = '28P01';
const NOT_LET_IN = '28000';

/** The tenant's own login, with sessions in which nothing counts that the tenant has set for its role. */
export class TenantLogin {
  readonly role: string;
  private readonly name: string;

  constructor(
    private readonly server: PostgresServer,
    target: Pick<Target, 'name' | 'credential'>,
    private readonly password: string,
  ) {
    this.name = target.name;
    this.role = loginRole(target);
  }

  /**
   * Runs `work` on a session as the tenant, which is ended after it. Throws what the driver throws where the tenant
   * isn't let in.
   */
  async runConnected<T>(database: string, work: (client: Client) => Promise<T>): Promise<T> {
    const settings = await settingsOf(this.server.pool, this.role, database);
    return this.server.countCall(async () => {
      const client = await openNeutral(
        this.server.pool,
        this.server.loginOf(this.role, this.password, database),
        settings,
      );
      try {
        // A later login acts as the app role from the first moment on, unless the tenant has set that otherwise.
        await client.query(`SET ROLE ${this.role === appRole(this.name) ? 'NONE' : id(appRole(this.name))}`);
        return await work(client);
      } finally {
        await client.end().catch(() => undefined);
      }
    });
  }

  /** Whether the server takes the password: it looks at that before anything else it may refuse a login for. */
  async takesPassword(): Promise<boolean> {
    if (await this.hasExpired()) return true;
    try {
      await this.runConnected(this.name, async () => undefined);
      return true;
    } catch (error) {
      if (hasCode(error, WRONG_PASSWORD)) return false;
      // An answer that isn't about the password: no login, no connections now, too many of them, no right to this
      // database.
      if (hasCode(error, NOT_LET_IN, '55000', '53300', '42501', '3D000')) return true;
      throw error;
    }
  }

  /** Explains a refused login: its cause is the tenant's, never the provisioner's credentials. */
  async explainError(error: unknown): Promise<unknown> {
    // 42501: an administrator has taken a right from it, such as CONNECT.
    if (!hasCode(error, WRONG_PASSWORD, NOT_LET_IN, '42501')) return error;
    const why = (await this.hasExpired())
      ? 'its password has expired (VALID UNTIL), which an administrator has set'
      : messageOf(error);
    return new BackendFault('probe-refused', `PostgreSQL: the tenant's own login ${this.role} is refused: ${why}`, {
      cause: error,
    });
  }

  /** By VALID UNTIL, which an administrator alone can set. */
  async hasExpired(): Promise<boolean> {
    const {
      rows: [role],
    } = await this.server.pool.query<{ hasExpired: boolean | null }>(
      'SELECT rolvaliduntil < now() AS "hasExpired" FROM pg_roles WHERE rolname = $1',
      [this.role],
    );
    return role?.hasExpired === true;
  }
}
