import { createMasterClient } from '@freeflow/db-master';
import { publishBlueprint, type Publication } from '../activities/blueprint/publish';
import { readBlueprint, type Blueprint } from '../backends/blueprint';
import { BLUEPRINT_FORMS } from '../backends/registry';
import type { WorkerConfig } from './config';

type Config = Pick<WorkerConfig, 'BLUEPRINT_DIR' | 'MASTER_DATABASE_URL'>;

/** The blueprint that a worker of this configuration brings, read and checked; nothing where it brings none. */
export const readOwnBlueprint = async ({ BLUEPRINT_DIR }: Config): Promise<Blueprint | undefined> =>
  BLUEPRINT_DIR === undefined ? undefined : readBlueprint(BLUEPRINT_DIR, BLUEPRINT_FORMS);

/** @throws BlueprintError where tenants have what it would change */
export async function publishOwnBlueprint({ MASTER_DATABASE_URL }: Config, blueprint: Blueprint): Promise<Publication> {
  const db = createMasterClient(MASTER_DATABASE_URL, { applicationName: 'freeflow-worker', maxConnections: 1 });
  try {
    return await publishBlueprint(db, blueprint);
  } finally {
    await db.$disconnect();
  }
}
