import { parseArgs } from 'node:util';
import { z } from 'zod';
import { masterDatabaseUrl, readConfig } from './config';
import { migrateMasterDatabase } from './migrate';
import { runProgram } from './run-program';

const USAGE = `Usage: pnpm --filter @freeflow/db-master db:migrate [--rolled-back MIGRATION]

Creates the master database if it is missing, applies the migrations it lacks and gives the roles freeflow_api and
freeflow_worker their rights. Repeating it changes nothing. Needs no internet.

  --rolled-back MIGRATION  a migration that failed and was cleaned up after: apply it again
  --help                   this text

Environment:
  MASTER_DATABASE_URL          postgresql://USER:PASSWORD@HOST:PORT/DATABASE of an owner (or one who may create it)
  MASTER_API_ROLE_PASSWORD     password of freeflow_api; unset: a new role can't log in, an old one is kept as it is
  MASTER_WORKER_ROLE_PASSWORD  the same for freeflow_worker`;

// Characters beyond ASCII would have to be normalised (SASLprep) exactly as the server does it.
const rolePassword = z.string().regex(/^[\x20-\x7e]+$/, 'must consist of printable ASCII characters').optional();

const Config = z.object({
  MASTER_DATABASE_URL: masterDatabaseUrl,
  MASTER_API_ROLE_PASSWORD: rolePassword,
  MASTER_WORKER_ROLE_PASSWORD: rolePassword,
});

void runProgram(USAGE, async () => {
  const { values } = parseArgs({ options: { help: { type: 'boolean' }, 'rolled-back': { type: 'string' } } });
  if (values.help) return console.log(USAGE);
  const config = readConfig(Config, process.env);
  await migrateMasterDatabase({
    url: config.MASTER_DATABASE_URL,
    apiPassword: config.MASTER_API_ROLE_PASSWORD,
    workerPassword: config.MASTER_WORKER_ROLE_PASSWORD,
    rolledBack: values['rolled-back'],
    say: (line) => console.log(line),
  });
});
