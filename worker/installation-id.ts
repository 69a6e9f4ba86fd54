import { createMasterClient } from '@freeflow/db-master';

/** The id of this installation, from its master database. */
export async function readInstallationId(masterDatabaseUrl: string): Promise<string> {
  const db = createMasterClient(masterDatabaseUrl, { applicationName: 'freeflow-worker', maxConnections: 1 });
  try {
    return (await db.installation.findFirstOrThrow()).id;
  } finally {
    await db.$disconnect();
  }
}
