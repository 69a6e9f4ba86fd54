import { type Client } from 'pg';
import { reasonOf, SetUpError } from '../../provisioner/errors';
import type { Outcome, Password } from '../../provisioner/outcome';
import { canLogIn, checkPostgres, postgresProblem, withServerSession } from './client';
import { closedDatabases, closeDatabases } from './databases';
import { ensureReserve } from './reserve';
import { ensureRole, repairRole, setPassword } from './role';
import { allowTempFiles } from './temp-files';
import { databaseUrl, HOME } from './url';

/** The oldest major version that can be used. */
export const OLDEST = 16;

export interface PostgresSetUp {
  /** With an owner's credentials: a superuser, or a role that may make others and owns the databases to close. */
  ownerUrl: string;
  name: string;
  password: Password;
  /** The database of the API and the worker, which is no tenant's either. */
  masterDatabase: string;
}

/**
 * Makes the provisioner, a role that creates databases and roles but is no superuser, or repairs what was changed about
 * it.
 * @throws SetUpError
 */
export async function setUpPostgres({ ownerUrl, name, password, masterDatabase }: PostgresSetUp): Promise<Outcome> {
  try {
    return await withServerSession(databaseUrl(ownerUrl, HOME), async (client) => {
      await refuseOld(client);
      const isNew = await ensureRole(client, name, password.value);
      const repaired = await repairRole(client, name);
      const { did, warnings } = await closeDatabases(client, name, closedDatabases(masterDatabase));
      const reserve = await ensureReserve(client, name);
      const tempFiles = await allowTempFiles(client, name);
      const logIn = provisionerUrl(ownerUrl, name, password.value);
      const isChanged = !isNew && password.isForced && !(await canLogIn(logIn));
      if (isChanged) await setPassword(client, name, password.value);
      const isKnown = isNew || password.isForced;
      return {
        did: [
          ...(isNew ? [`role ${name} created`] : []),
          ...repaired,
          ...did,
          ...reserve.did,
          ...tempFiles.did,
          ...(isChanged ? [`role ${name} has the password given`] : []),
        ],
        warnings: [
          ...warnings,
          ...reserve.warnings,
          ...tempFiles.warnings,
          ...(isKnown ? await refusals(logIn, name) : []),
        ],
        password: isKnown ? password.value : undefined,
      };
    });
  } catch (error) {
    throw postgresProblem(error);
  }
}

/** What the worker's POSTGRES_ADMIN_URL has to be. */
export const provisionerUrl = (ownerUrl: string, user: string, password: string): string =>
  databaseUrl(ownerUrl, HOME, { user, password });

async function refuseOld(client: Client): Promise<void> {
  const { rows } = await client.query<{ number: number; version: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version`,
  );
  const why = rows.map(({ number, version }) => explainTooOld(number, version)).join('');
  if (why !== '') throw new SetUpError('too-old', why);
}

/** Why a server of this version can't be used; empty when it can. */
export const explainTooOld = (number: number, version: string): string =>
  number >= OLDEST * 10_000
    ? ''
    : `PostgreSQL ${version} is too old: before ${OLDEST}, CREATEROLE gives rights over every role but superusers, not just over those it has created`;

/** Seen by logging in: pg_hba.conf may have other ideas. */
const refusals = (url: string, name: string): Promise<string[]> =>
  checkPostgres(url).then(
    () => [],
    (error: unknown) => [`role ${name} can't log in from here: ${reasonOf(error)}`],
  );
