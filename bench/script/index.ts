import { randomBytes } from 'node:crypto';
import type { BackendKind } from '@freeflow/contract';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { escapeIdentifier as id } from 'pg';
import { ScriptKeycloak } from './keycloak';
import { ScriptMongo } from './mongodb';
import { ScriptPostgres } from './postgres';
import { ScriptQdrant } from './qdrant';
import type { ResourceNames, ScriptServer } from './server';

type Verb = 'create' | 'drop' | 'suspend' | 'resume';

/**
 * The yardstick: a bare script that makes the same calls on the same servers, side by side, and writes a status and a
 * log. It has no ledger, no lock, no retry and no undo: what it is quicker by is the price of those.
 */
export class Script {
  private readonly postgres: ScriptPostgres;
  private readonly qdrant: ScriptQdrant;
  private readonly servers: Readonly<Record<BackendKind, ScriptServer>>;
  /** Of this run alone. */
  private readonly schema = id(`bench_script_${randomBytes(4).toString('hex')}`);
  private readonly made = new Set<string>();
  private readonly withTokens = new Set<string>();

  constructor({ postgres, mongodb, qdrant, keycloak }: StackInfo) {
    this.postgres = new ScriptPostgres(postgres.url);
    this.qdrant = new ScriptQdrant(qdrant.url, qdrant.apiKey);
    this.servers = {
      postgres: this.postgres,
      mongodb: new ScriptMongo(mongodb.url),
      qdrant: this.qdrant,
      keycloak: new ScriptKeycloak(keycloak),
    };
  }

  async open(): Promise<void> {
    await this.postgres.pool.query(
      `CREATE SCHEMA ${this.schema}
       CREATE TABLE tenant (id text PRIMARY KEY, status text, at timestamptz DEFAULT now())
       CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant text, step text, status text, at timestamptz DEFAULT now())`,
    );
  }

  async create(name: string): Promise<void> {
    this.made.add(name);
    await this.postgres.pool.query(`INSERT INTO ${this.schema}.tenant VALUES ($1, 'provisioning')`, [name]);
    await this.everywhere('create', name);
    await this.setStatus(name, 'active');
  }

  async drop(name: string): Promise<void> {
    await this.everywhere('drop', name);
    await this.postgres.pool.query(`DELETE FROM ${this.schema}.tenant WHERE id = $1`, [name]);
    this.made.delete(name);
  }

  async suspend(name: string): Promise<void> {
    await this.everywhere('suspend', name);
    await this.setStatus(name, 'suspended');
  }

  async resume(name: string): Promise<void> {
    await this.everywhere('resume', name);
    await this.setStatus(name, 'active');
  }

  /** Gives a tenant what it needs to be suspended. */
  async prepareSuspend(name: string): Promise<void> {
    if (this.withTokens.has(name)) return;
    this.withTokens.add(name);
    await this.qdrant.addToken(name);
  }

  /** Removes a tenant that is or was there under these names, by halves too. */
  async remove(names: ResourceNames): Promise<void> {
    await Promise.all(Object.values(this.servers).map((it) => it.remove(names)));
  }

  /** Removes what stands at one server under a name, if it does. */
  async removeAt(kind: BackendKind, name: string): Promise<void> {
    await this.servers[kind].remove(allNamed(name));
  }

  /** Removes all that the script has made and not dropped. */
  async close(): Promise<void> {
    for (const name of this.made) await this.remove(allNamed(name));
    await this.postgres.pool.query(`DROP SCHEMA IF EXISTS ${this.schema} CASCADE`);
    await Promise.all(Object.values(this.servers).map((it) => it.close()));
  }

  private async everywhere(verb: Verb, name: string): Promise<void> {
    await Promise.all(
      Object.entries(this.servers).map(async ([step, server]) => {
        await this.log(name, step, 'started');
        await server[verb](name);
        await this.log(name, step, 'done');
      }),
    );
  }

  private async log(name: string, step: string, status: string): Promise<void> {
    await this.postgres.pool.query(`INSERT INTO ${this.schema}.log (tenant, step, status) VALUES ($1, $2, $3)`, [
      name,
      step,
      status,
    ]);
  }

  private async setStatus(name: string, status: string): Promise<void> {
    await this.postgres.pool.query(`UPDATE ${this.schema}.tenant SET status = $2 WHERE id = $1`, [name, status]);
  }
}

const allNamed = (name: string): ResourceNames => ({ postgres: name, mongodb: name, qdrant: name, keycloak: name });
