import { MASTER_ROLES } from '@freeflow/db-master';
import { grantReservedConnections, RESERVED_ROLE, usesReservedConnections } from '@freeflow/lib/pg';
import { type Client, escapeIdentifier } from 'pg';

/** How many connections the server should keep for those who may use them. */
export const RESERVED_AT_LEAST = 10;

/** How many connections the server keeps for members of {@link RESERVED_ROLE}. */
export async function reservedConnections(client: Client): Promise<number> {
  const {
    rows: [row],
  } = await client.query<{ reserved: string }>(`SELECT current_setting('reserved_connections') AS reserved`);
  return Number(row?.reserved);
}

/**
 * Lets the provisioner, and the roles of a master database on the same server, use reserved connections: tenants can't
 * take those.
 */
export async function ensureReserve(client: Client, role: string): Promise<{ did: string[]; warnings: string[] }> {
  const { rows: roles } = await client.query<{ role: string }>(
    'SELECT rolname AS role FROM pg_roles WHERE rolname = ANY ($1)',
    [[role, ...Object.values(MASTER_ROLES)]],
  );
  const [did, warnings]: [string[], string[]] = [[], []];
  for (const { role: its } of roles) {
    if (await grantReservedConnections(client, its)) did.push(`role ${its} may use reserved connections`);
    else if (!(await usesReservedConnections(client, its)))
      warnings.push(
        `tenants can take the last connection of role ${its}; a superuser should run: GRANT ${RESERVED_ROLE} TO ${escapeIdentifier(its)}`,
      );
  }
  if ((await reservedConnections(client)) === 0)
    warnings.push(
      `the server reserves no connections, so tenants can take all; set reserved_connections = ${RESERVED_AT_LEAST} or more, and restart it`,
    );
  return { did, warnings };
}
