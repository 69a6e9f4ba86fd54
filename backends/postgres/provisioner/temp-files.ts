import { type Client, escapeIdentifier } from 'pg';
import { change, hasCode, SQLSTATE } from './client';

/** By which a plan limits temporary files: to set it takes a right of its own, which its tenants don't have. */
const PARAMETER = 'temp_file_limit';

/** Whether a role may limit temporary files; it may look at itself. */
export async function maySetTempFiles(client: Client, role: string): Promise<boolean> {
  const {
    rows: [row],
  } = await client.query<{ may: boolean }>('SELECT has_parameter_privilege($1, $2, $3) AS may', [
    role,
    PARAMETER,
    'SET',
  ]);
  return row?.may === true;
}

/** Lets the provisioner limit temporary files; where the owner is no superuser that is one's to do. */
export async function allowTempFiles(client: Client, role: string): Promise<{ did: string[]; warnings: string[] }> {
  if (await maySetTempFiles(client, role)) return { did: [], warnings: [] };
  const grant = `GRANT SET ON PARAMETER ${PARAMETER} TO ${escapeIdentifier(role)}`;
  try {
    await change(client, grant);
    return { did: [`role ${role} may limit temporary files`], warnings: [] };
  } catch (error) {
    if (!hasCode(error, SQLSTATE.insufficientPrivilege)) throw error;
    return { did: [], warnings: [`plans can't limit temporary files (tempFiles); a superuser should run: ${grant}`] };
  }
}
