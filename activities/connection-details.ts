import { hasConnection } from '@freeflow/contract';
import { Prisma, type PrismaClient, type TenantResource } from '@freeflow/db-master';
import type { Backend, Connection, Drift } from '../backends/backend';

/** The columns of a connection that follow from the worker's settings. */
interface Details {
  host: string | null;
  port: number | null;
  username: string | null;
  options: Prisma.InputJsonObject;
}

/** A connection as its row has it. */
const detailsOf = ({ host, port, username, options = {} }: Connection): Details => ({
  host: host ?? null,
  port: port ?? null,
  username: username ?? null,
  options,
});

type Client = Pick<PrismaClient, 'tenantConnection'>;
type Entry = Pick<TenantResource, 'tenantId' | 'kind' | 'name'>;
type EntryWithCredential = Entry & Pick<TenantResource, 'credential'>;

/** Records how a tenant connects, inside a fenced write: see `writeFenced`. */
export const upsertConnection = (
  { tenantId, kind, name }: Entry,
  secretRef: string,
  connection: Connection,
): Prisma.Sql => {
  const { host, port, username, options } = detailsOf(connection);
  return Prisma.sql`
    INSERT INTO "TenantConnection" (id, "tenantId", service, "dbName", "secretRef", host, port, username, options)
    SELECT gen_random_uuid(), ${tenantId}::uuid, ${kind}::"ConnectionService", ${name}, ${secretRef}, ${host}, ${port}::int, ${username}, ${JSON.stringify(options)}::jsonb
      FROM fence WHERE fence."isHeld"
    ON CONFLICT ("tenantId", service) DO UPDATE SET "dbName" = excluded."dbName", "secretRef" = excluded."secretRef",
      host = excluded.host, port = excluded.port, username = excluded.username, options = excluded.options`;
};

/** Records how a tenant connects by the present settings, where that is recorded; inside a fenced write, as above. */
export const updateConnection = ({ tenantId, kind }: Entry, connection: Connection): Prisma.Sql => {
  const { host, port, username, options } = detailsOf(connection);
  return Prisma.sql`
    UPDATE "TenantConnection" SET host = ${host}, port = ${port}::int, username = ${username}, options = ${JSON.stringify(options)}::jsonb
      FROM fence WHERE fence."isHeld" AND "tenantId" = ${tenantId}::uuid AND service = ${kind}::"ConnectionService"`;
};

/** How a recorded connection differs from the present settings: the address was changed since. */
export async function findConnectionDrift(
  db: Client,
  backend: Pick<Backend, 'describeConnection'>,
  { tenantId, kind, name, credential }: EntryWithCredential,
): Promise<Drift[]> {
  if (!hasConnection(kind)) return [];
  const row = await db.tenantConnection.findUnique({ where: { tenantId_service: { tenantId, service: kind } } });
  if (row === null) return [];
  const { host, port, username, options } = row;
  const [recorded, configured] = [
    flatten({ host, port, username, options }),
    flatten(detailsOf(backend.describeConnection({ name, credential }))),
  ];
  const different = [...new Set([...recorded.keys(), ...configured.keys()])].filter(
    (it) => recorded.get(it) !== configured.get(it),
  );
  if (different.length === 0) return [];
  const words = different.map(
    (it) => `${it} is recorded as ${recorded.get(it) ?? 'not set'}, configured as ${configured.get(it) ?? 'not set'}`,
  );
  return [{ what: `its recorded connection is not the configured one: ${words.join('; ')}`, repair: 'connection' }];
}

/** By name, as text: the order of options means nothing. */
function flatten({
  options,
  ...columns
}: {
  host?: unknown;
  port?: unknown;
  username?: unknown;
  options: unknown;
}): Map<string, string> {
  const all = { ...columns, ...(typeof options === 'object' ? options : {}) };
  return new Map(
    Object.entries(all).flatMap(([name, value]) =>
      value === null || value === undefined
        ? []
        : [[name, typeof value === 'string' ? value : JSON.stringify(value)] as const],
    ),
  );
}
