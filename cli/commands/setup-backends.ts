import { databaseOf, isMasterUrl } from '@freeflow/lib/pg';
import type { Command } from 'commander';
import type { SetUpOptions } from '../../backends/provisioner/module';
import { isProvisionerName, PROVISIONER, PROVISIONER_NAME_FORM } from '../../backends/provisioner/names';
import { openLoginKeeper } from '../backends/login-keeper';
import { setUpProvisioner, type SetUpResult } from '../backends/provisioners';
import { envLines, failureOf, describeLeftOut, passwordHint, reportOf, withoutProvisioner } from '../backends/report';
import {
  ownerVariables,
  PROVISIONED_BACKENDS,
  readSetUpInputs,
  type SetUpInput,
  WITHOUT_PROVISIONER,
} from '../backends/variables';
import { EXIT, Failure } from '../failure';
import type { Host } from './tenants/tools';

interface SetupBackendsOptions extends SetUpOptions {
  rotate?: true;
  vault?: string;
  json?: true;
  printEnv?: true;
}

/** What to print where, and how to end. */
interface Printout {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** Adds `freeflow setup backends`. */
export function addSetupBackends(setup: Command, { env, end }: Host): void {
  setup
    .command('backends')
    .description("create the worker's logins with the least rights that provisioning needs; run again, it repairs them")
    .option('--name <name>', 'name of the provisioner, for a second one beside the first', PROVISIONER)
    .option(
      '--master-database <database>',
      'the master database, which is closed to tenants as well',
      masterDatabaseOf(env),
    )
    .option('--rotate', 'give provisioners that exist new passwords; restart the workers with them afterwards')
    .option('--vault <path>', "keep the workers' logins below this path of the vault (VAULT_ADDR, VAULT_MOUNT)")
    .option('--print-env', "print the worker's variables on stdout, secrets included, and the report on stderr")
    .option('--json', 'report and variables as JSON, secrets included')
    .addHelpText(
      'after',
      `
The owners come from the environment; a backend whose variables are not set is left out:
${ownersHelp()}
The provisioners' passwords too; without, a new one gets a random one, and one that exists keeps its own:
  ${PROVISIONED_BACKENDS.map(({ provisioner }) => provisioner.passwordVariable).join(', ')}
${withoutProvisioner()
  .map((it) => it.replace(/\n\s*/, ' '))
  .join('\n')}

Examples:
  POSTGRES_OWNER_URL=postgresql://postgres:...@db:5432/ pnpm -s freeflow setup backends
  pnpm -s freeflow setup backends --print-env > worker.env
  pnpm -s freeflow setup backends --rotate --vault freeflow-logins --print-env > worker.env
  pnpm -s freeflow setup backends --name staging_provisioner --json`,
    )
    .action(async (options: SetupBackendsOptions) => {
      const { stdout, stderr, exitCode } = await setupBackends(options, env, ({ workerEnv }) => {
        // At once: what is interrupted later must not take the only copy of a password with it.
        if (options.printEnv === true && options.json !== true && Object.keys(workerEnv).length > 0)
          console.log(envLines(workerEnv));
      });
      if (stderr !== '') console.error(stderr);
      if (stdout !== '') console.log(stdout);
      end(exitCode);
    });
}

/** As MASTER_DATABASE_URL names it, where that is set. */
const masterDatabaseOf = ({ MASTER_DATABASE_URL: url = '' }: NodeJS.ProcessEnv): string =>
  isMasterUrl(url) ? databaseOf(url) : 'freeflow_master';

function ownersHelp(): string {
  const rows = PROVISIONED_BACKENDS.map((it) => ({
    names: ownerVariables(it).join(', '),
    requirement: it.provisioner.requirement ?? '',
  }));
  const width = Math.max(...rows.map(({ names }) => names.length));
  return rows.map(({ names, requirement }) => `  ${`${names.padEnd(width)}  ${requirement}`.trimEnd()}`).join('\n');
}

/**
 * Makes the provisioner at every backend the environment names the owner of, or repairs it. A failure at one leaves the
 * others be.
 * @throws Failure when nothing was begun, because options or variables are wrong
 */
async function setupBackends(
  options: SetupBackendsOptions,
  env: NodeJS.ProcessEnv,
  onSet: (result: SetUpResult) => void,
): Promise<Printout> {
  refuseUnfit(options);
  const inputs = readSetUpInputs(env);
  refuseLostPasswords(options, inputs);
  const keeper = options.vault === undefined ? undefined : openLoginKeeper(env, options.vault, options.name);
  const passwords = { rotate: options.rotate === true, keeper };
  const setUp = async (input: SetUpInput): Promise<SetUpResult> => {
    const result = await setUpProvisioner(input, options, passwords);
    onSet(result);
    return result;
  };
  const setUpAll = async (): Promise<SetUpResult[]> => {
    try {
      return await Promise.all(inputs.map(setUp));
    } finally {
      await keeper?.close();
    }
  };
  const results = await setUpAll();
  return {
    ...print(results, options),
    exitCode: worstExitCode(results.flatMap((it) => failureOf(it)?.exitCode ?? [])),
  };
}

function refuseUnfit({ name, masterDatabase }: SetUpOptions): void {
  const lines = [
    ...(isProvisionerName(name)
      ? []
      : [`--name must be ${PROVISIONER_NAME_FORM}: a login of this name would be changed.`]),
    ...(isMasterUrl(`postgresql://server/${encodeURIComponent(masterDatabase)}`)
      ? []
      : ['--master-database must be the name of a database.']),
  ];
  if (lines.length > 0) throw new Failure(EXIT.usage, lines.join('\n'), 'See --help.');
}

/** A new password that is neither kept nor shown is known to the server alone, and the workers are locked out. */
function refuseLostPasswords({ rotate, vault, printEnv, json }: SetupBackendsOptions, inputs: readonly SetUpInput[]) {
  if (rotate !== true || vault !== undefined || printEnv === true || json === true) return;
  const missing = inputs.flatMap((it) => (it.password === undefined ? [it.provisioner.passwordVariable] : []));
  if (missing.length === 0) return;
  throw new Failure(
    EXIT.usage,
    '--rotate makes passwords that nobody would get to know.',
    `Add --vault, --print-env or --json, or set ${missing.join(', ')}.`,
  );
}

/** Trying again helps only where nothing but servers that don't answer is in the way. */
const worstExitCode = (codes: readonly number[]): number =>
  codes.find((code) => code === EXIT.refused) ?? codes[0] ?? EXIT.done;

function print(
  results: readonly SetUpResult[],
  { json, printEnv }: SetupBackendsOptions,
): Pick<Printout, 'stdout' | 'stderr'> {
  const missing = PROVISIONED_BACKENDS.filter(({ kind }) => !results.some(({ backend }) => backend.kind === kind));
  const env: Record<string, string> = Object.assign({}, ...results.map(({ workerEnv }) => workerEnv));
  const reports = (which: (result: SetUpResult) => boolean) =>
    results.filter(which).map((it) => reportOf(it, printEnv === true || json === true));
  const failures = reports(({ outcome }) => 'error' in outcome).join('\n');
  if (json === true) {
    const backends = Object.fromEntries(
      results.map((it) => [it.backend.kind, { provisioner: it.who, at: it.at, ...outcomeOf(it) }]),
    );
    const others = { leftOut: missing.map(({ kind }) => kind), ...WITHOUT_PROVISIONER };
    return { stdout: JSON.stringify({ backends, ...others, env }, null, 2), stderr: failures };
  }
  const report = [
    ...reports(({ outcome }) => !('error' in outcome)),
    ...withoutProvisioner(),
    ...(missing.length === 0 ? [] : [describeLeftOut(missing)]),
  ].join('\n');
  // The variables were printed as they were set, apart from the report, so that they can go straight into a file.
  return printEnv === true
    ? { stdout: '', stderr: [report, failures].filter(Boolean).join('\n') }
    : { stdout: report, stderr: failures };
}

const outcomeOf = (result: SetUpResult) =>
  'error' in result.outcome
    ? { failed: failureOf(result)?.message }
    : { did: result.outcome.did, warnings: result.outcome.warnings, hints: passwordHint(result, true) };
