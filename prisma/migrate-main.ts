import { parseArgs } from 'node:util';
import { readConfig, variablesHelp, runProgram } from '@freeflow/lib/config';
import { migrateMasterDatabase } from './migrate';
import { migrateVariables } from './migrate-config';

const USAGE = `Usage: pnpm --filter @freeflow/db-master db:migrate [--rolled-back MIGRATION]

Creates the master database if it is missing, applies the migrations it lacks and gives the roles freeflow_api and
freeflow_worker their rights. Repeating it changes nothing. Needs no internet.

  --rolled-back MIGRATION  a migration that failed and was cleaned up after: apply it again
  --help                   this text

${variablesHelp(migrateVariables)}`;

void runProgram(USAGE, async () => {
  const { values } = parseArgs({ options: { help: { type: 'boolean' }, 'rolled-back': { type: 'string' } } });
  if (values.help) return console.log(USAGE);
  const config = readConfig(migrateVariables, process.env);
  await migrateMasterDatabase({
    url: config.MASTER_DATABASE_URL,
    apiPassword: config.MASTER_API_ROLE_PASSWORD,
    workerPassword: config.MASTER_WORKER_ROLE_PASSWORD,
    rolledBack: values['rolled-back'],
    print: (line) => console.log(line),
  });
});
