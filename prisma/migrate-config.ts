import { VARIABLES } from '@freeflow/lib/config';
import { z } from 'zod';

const { MASTER_API_ROLE_PASSWORD, MASTER_WORKER_ROLE_PASSWORD } = VARIABLES;

/** The variables of db:migrate. */
export const migrateVariables = z.object({
  MASTER_DATABASE_URL: VARIABLES.MASTER_DATABASE_URL.describe(
    'the master database, by its owner or one who may create it',
  ),
  MASTER_API_ROLE_PASSWORD,
  MASTER_WORKER_ROLE_PASSWORD,
});
