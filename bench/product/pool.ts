import { BACKEND_VARIABLES } from '../../backends/registry';
import type { TestInstallation } from '../../test/support/installation';
import { until } from '../../test/support/until';

const SIZE = 'KEYCLOAK_POOL_SIZE';
/** Filling goes one realm after the other. */
const FILL_TIMEOUT_MS = 300_000;

type HasMaster = Pick<TestInstallation, 'master'>;

/** Whether this build can make realms ahead. */
export const hasPool = (): boolean => SIZE in BACKEND_VARIABLES;

/** The worker's settings for a pool of this size; 0: none. */
export const poolOf = (size: number): Record<string, string> => (hasPool() ? { [SIZE]: String(size) } : {});

/**
 * The same, refilled as soon as no operation is under way, not only at the next of the ordinary sweeps: where the run
 * waits until the pool is full before it measures.
 */
export const eagerPoolOf = (size: number): Record<string, string> =>
  size > 0 && hasPool() ? { ...poolOf(size), SWEEP_INTERVAL_MS: '1000' } : poolOf(size);

/** Waits until so many are ready: what fills the pool must fall on nobody's time. */
export async function untilPooled({ master }: HasMaster, size: number, signal: AbortSignal): Promise<void> {
  await until(
    `${size} realms are pooled`,
    async () => {
      signal.throwIfAborted();
      const { rows } = await master.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM "PooledResource" WHERE state = 'ready'`,
      );
      return (rows[0]?.n ?? 0) >= size;
    },
    FILL_TIMEOUT_MS,
  );
}

/** What the pool of an installation may have left at the backend, half made ones too. */
export async function pooledNames({ master }: HasMaster): Promise<string[]> {
  if (!hasPool()) return [];
  // What a create has claimed and not yet made its tenant's has its former name still.
  const { rows } = await master.query<{ name: string }>(
    `SELECT name FROM "PooledResource"
     UNION SELECT "formerName" FROM "TenantResource" WHERE "formerName" IS NOT NULL`,
  );
  return rows.map(({ name }) => name);
}
