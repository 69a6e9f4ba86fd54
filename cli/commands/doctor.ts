import { BACKEND_KINDS } from '@freeflow/contract';
import { variablesOf } from '@freeflow/lib/config';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Group } from '../../backends/doctor/check';
import { moduleOf } from '../../backends/registry';
import { examine, type Line } from '../doctor/examine';
import { IDENTITY } from '../doctor/identity';
import { loginGroup } from '../doctor/login';
import { MASTER } from '../doctor/master';
import { PRODUCT } from '../doctor/product';
import { createProgress } from '../doctor/progress';
import { asJson, exitCodeOf, groupText, summary } from '../doctor/report';
import { readKnown, SETTINGS, type Known } from '../doctor/settings';
import { TEMPORAL } from '../doctor/temporal';
import { followHere } from '../vault';

const GROUPS: readonly Group[] = [
  PRODUCT,
  IDENTITY,
  MASTER,
  TEMPORAL,
  ...BACKEND_KINDS.map((kind) => moduleOf(kind).doctor.checks),
];

/** Whose login it is known by answers for its tokens. */
const groupsFor = ({ login }: Known): readonly Group[] =>
  login === undefined ? GROUPS : GROUPS.map((it) => (it === IDENTITY ? loginGroup(login) : it));

const HELP_WIDTH = 67;

/** What of the process the command uses. */
type Process = Pick<NodeJS.Process, 'env' | 'exit' | 'stdout' | 'stderr'>;

/** Adds `freeflow doctor`. */
export function addDoctor(program: Command, process: Process): void {
  program
    .command('doctor')
    .description('check everything an installation needs, with what to do about each failure')
    .option('--json', 'as JSON: check, status (ok, warn, fail, skip), seen, advice')
    .addHelpText(
      'after',
      `
Changes nothing. Where a context is in use: its API and your login there; name the local stack by FREEFLOW_STACK_DIR=.freeflow.
Of another installation all, by the variables that its worker and API have, and:
  FREEFLOW_API_URL, FREEFLOW_WORKER_URL                                where both answer
  FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID, FREEFLOW_CLIENT_SECRET       a client whose token the API accepts
  MASTER_OWNER_URL                                                     the master database by its owner's login
${ownersHelp()}
What is not set is not checked. MASTER_DATABASE_URL is the worker's.
Exit codes: 0 nothing failed, 1 something failed, 2 wrong usage, 4 nothing can be reached.

Examples:
  pnpm freeflow doctor
  pnpm -s freeflow doctor --json | jq '.[] | select(.status == "fail")'`,
    )
    .action(async ({ json }: { json?: true }) => {
      // At once: a server that does not answer would keep the process for longer than the checks.
      process.exit(await doctor(json === true, process));
    });
}

/** The settings that no worker has: an owner may see what the worker may not. */
function ownersHelp(): string {
  const rows = BACKEND_KINDS.flatMap((kind) => {
    const { doctor, variables } = moduleOf(kind);
    const extra = variablesOf(z.object(doctor.settings)).filter(({ name }) => !(name in variables));
    return extra.length === 0 ? [] : [{ names: extra.map(({ name }) => name).join(', '), meaning: extra[0]?.meaning }];
  });
  return rows.map(({ names, meaning }) => `  ${names.padEnd(HELP_WIDTH)}  ${meaning}`).join('\n');
}

/**
 * Makes all checks and prints what they have seen: each group as soon as it and all before it are done.
 * @returns the exit code
 * @throws Failure where it isn't known what to check
 */
async function doctor(isJson: boolean, { env: given, stdout, stderr }: Process): Promise<number> {
  const env = await followHere(SETTINGS, given);
  const known = readKnown(env);
  const groups = groupsFor(known);
  const names = groups.flatMap(({ checks }) => checks.map(({ name }) => name));
  const width = Math.max(...names.map((name) => name.length));
  const progress = createProgress(stderr, names);
  const print = (text: string) => {
    progress.hide();
    stdout.write(`${text}\n`);
  };

  const seen = new Map<string, Line>();
  const waiting = [...groups];
  const lines = await examine(groups, known, env, (line) => {
    seen.set(line.check, line);
    if (!isJson)
      for (
        let next = waiting[0];
        next !== undefined && next.checks.every(({ name }) => seen.has(name));
        next = waiting[0]
      )
        print(groupText(waiting.shift() ?? next, linesOf(next, seen), width));
    progress.done(line.check);
  });
  print(isJson ? asJson(lines) : summary(lines));
  return exitCodeOf(groups, lines);
}

const linesOf = ({ checks }: Group, seen: ReadonlyMap<string, Line>): Line[] =>
  checks.flatMap(({ name }) => seen.get(name) ?? []);
