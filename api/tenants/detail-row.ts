import type { PrismaClient, Tenant, TenantConnection, TenantOperation, TenantResource } from '@freeflow/db-master';

/** A tenant with all that its page shows. */
export interface DetailRow extends Tenant {
  /** The last one, and the one before: see LAST_OPERATIONS. */
  operations: TenantOperation[];
  connections: Omit<TenantConnection, 'createdAt' | 'updatedAt'>[];
  /** The last adoption of each resource. */
  adoptions: TenantOperation[];
  /** Those of resources that are there. */
  credentials: CredentialRow[];
}

type CredentialRow = Pick<TenantResource, 'kind' | 'credential' | 'rotatedAt' | 'retiring' | 'overlapUntil'>;

/** A row as JSON has it. */
type InJson<Row> = { [K in keyof Row]: Row[K] extends Date | null ? Exclude<Row[K], Date> | string : Row[K] };

interface DetailInJson extends Tenant {
  operations: InJson<TenantOperation>[];
  connections: InJson<TenantConnection>[];
  adoptions: InJson<TenantOperation>[];
  credentials: InJson<CredentialRow>[];
}

/**
 * Finds a tenant with all that its page shows, by one statement: everybody who follows an operation asks for it again
 * and again, and what one statement reads is of one moment.
 */
export async function findDetail(db: PrismaClient, id: string): Promise<DetailRow | undefined> {
  const [row] = await db.$queryRaw<DetailInJson[]>`
    SELECT t.*,
           (SELECT coalesce(json_agg(o ORDER BY o."endedAt" DESC NULLS FIRST, o."createdAt" DESC), '[]') FROM (
              SELECT * FROM "TenantOperation" WHERE "tenantId" = t.id AND kind <> 'adopt'
               ORDER BY "endedAt" DESC NULLS FIRST, "createdAt" DESC LIMIT 2) o) AS operations,
           (SELECT coalesce(json_agg(c ORDER BY c.service), '[]') FROM "TenantConnection" c WHERE c."tenantId" = t.id) AS connections,
           (SELECT coalesce(json_agg(a ORDER BY a.backend), '[]') FROM (
              SELECT DISTINCT ON (backend) * FROM "TenantOperation" WHERE "tenantId" = t.id AND kind = 'adopt'
               ORDER BY backend, "endedAt" DESC NULLS FIRST, "createdAt" DESC) a) AS adoptions,
           (SELECT coalesce(json_agg(r ORDER BY r.kind), '[]') FROM (
              SELECT kind, credential, "rotatedAt", retiring, "overlapUntil" FROM "TenantResource"
               WHERE "tenantId" = t.id AND state IN ('present', 'disabled')) r) AS credentials
      FROM "Tenant" t WHERE t.id = ${id}::uuid`;
  return (
    row && {
      ...row,
      operations: row.operations.map(toOperation),
      adoptions: row.adoptions.map(toOperation),
      credentials: row.credentials.map((it) => ({
        ...it,
        rotatedAt: toDate(it.rotatedAt),
        overlapUntil: toDate(it.overlapUntil),
      })),
    }
  );
}

const toOperation = (row: InJson<TenantOperation>): TenantOperation => ({
  ...row,
  lastRunAt: toDate(row.lastRunAt),
  sweepAt: toDate(row.sweepAt),
  startedAt: toDate(row.startedAt),
  endedAt: toDate(row.endedAt),
  createdAt: new Date(row.createdAt),
  updatedAt: new Date(row.updatedAt),
});

const toDate = (text: string | null): Date | null => (text === null ? null : new Date(text));
