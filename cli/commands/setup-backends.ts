import { isMasterUrl } from '@freeflow/lib/pg';
import { isProvisionerName, PROVISIONER_NAME_FORM } from '../../backends/provisioner/names';
import { provision, type Provisioned, type SetUpOptions } from '../backends/provisioners';
import { envLines, failureOf, leftOut, passwordHint, QDRANT, reportOf } from '../backends/report';
import { BACKEND_NAMES, readSetUpVariables } from '../backends/variables';
import { EXIT, Failure } from '../failure';

export interface SetupBackendsOptions extends SetUpOptions {
  json?: true;
  printEnv?: true;
}

/** What to print where, and how to end. */
export interface Said {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/**
 * Makes the provisioner at every backend the environment names the owner of, or mends it. Each is done whatever becomes of the others.
 * @throws Failure when nothing was begun, because options or variables are wrong
 */
export async function setupBackends(options: SetupBackendsOptions, env: NodeJS.ProcessEnv): Promise<Said> {
  refuseUnfit(options);
  const given = readSetUpVariables(env);
  const all = await Promise.all(
    BACKEND_NAMES.flatMap((backend) =>
      given[backend] === undefined ? [] : [provision(backend, given[backend], options)],
    ),
  );
  return { ...said(all, options), exitCode: worst(all.flatMap((it) => failureOf(it)?.exitCode ?? [])) };
}

function refuseUnfit({ name, masterDatabase }: SetUpOptions): void {
  const lines = [
    ...(isProvisionerName(name) ? [] : [`--name must be ${PROVISIONER_NAME_FORM}: whatever has this name is changed.`]),
    ...(isMasterUrl(`postgresql://server/${encodeURIComponent(masterDatabase)}`)
      ? []
      : ['--master-database must be the name of a database.']),
  ];
  if (lines.length > 0) throw new Failure(EXIT.usage, lines.join('\n'), 'See --help.');
}

/** Trying again helps only where nothing but servers that don't answer is in the way. */
const worst = (codes: readonly number[]): number =>
  codes.find((code) => code === EXIT.refused) ?? codes[0] ?? EXIT.done;

function said(all: readonly Provisioned[], { json, printEnv }: SetupBackendsOptions): Pick<Said, 'stdout' | 'stderr'> {
  const missing = BACKEND_NAMES.filter((name) => !all.some(({ backend }) => backend === name));
  const env: Record<string, string> = Object.assign({}, ...all.map(({ workerEnv }) => workerEnv));
  const reports = (which: (it: Provisioned) => boolean) =>
    all.filter(which).map((it) => reportOf(it, printEnv === true || json === true));
  const failures = reports(({ outcome }) => 'error' in outcome).join('\n');
  if (json === true) {
    const backends = Object.fromEntries(
      all.map((it) => [it.backend, { provisioner: it.who, at: it.at, ...shown(it) }]),
    );
    return { stdout: JSON.stringify({ backends, leftOut: missing, qdrant: QDRANT, env }, null, 2), stderr: failures };
  }
  const report = [
    ...reports(({ outcome }) => !('error' in outcome)),
    `Qdrant\n  ${QDRANT}`,
    ...(missing.length === 0 ? [] : [leftOut(missing)]),
  ].join('\n');
  // Apart from the report, so that it can go straight into a file.
  return printEnv === true
    ? { stdout: envLines(env), stderr: [report, failures].filter(Boolean).join('\n') }
    : { stdout: report, stderr: failures };
}

const shown = (it: Provisioned) =>
  'error' in it.outcome
    ? { failed: failureOf(it)?.message }
    : { did: it.outcome.did, warnings: it.outcome.warnings, hints: passwordHint(it, true) };
