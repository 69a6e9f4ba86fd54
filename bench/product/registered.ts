import { randomBytes } from 'node:crypto';
import { BACKEND_KINDS, BACKENDS, tenantNames } from '@freeflow/contract';
import { escapeIdentifier as id, type Pool } from 'pg';

/** Registers tenants as the seed does: they are active, and nothing of them exists at any backend. Gives their ids. */
export async function registerTenants(master: Pool, tenants: number): Promise<string[]> {
  const columns = BACKEND_KINDS.map((kind) => BACKENDS[kind].nameColumn);
  const rows = Array.from({ length: tenants }, () => {
    const name = `bench${randomBytes(6).toString('hex')}`;
    return { name, ...tenantNames(name) };
  });
  const names = ['name', ...columns].map((it) => id(it)).join(', ');
  const { rows: made } = await master.query<{ id: string }>(
    `INSERT INTO "Tenant" (id, status, ${names})
     SELECT gen_random_uuid(), 'active', ${names} FROM jsonb_populate_recordset(NULL::"Tenant", $1) RETURNING id`,
    [JSON.stringify(rows)],
  );
  return made.map((it) => it.id);
}
