import { colours as pc } from '@freeflow/lib/colours';
import type { Command } from 'commander';
import { openSession } from '../client/session';
import { claimsOf, userIn } from '../contexts/claims';
import { selectContext } from '../contexts/select';
import { changeContexts, readContexts } from '../contexts/store';
import { say } from '../show/printable';
import { inColumns } from '../show/table';
import { openTerminal } from '../terminal';
import { type CommonOptions, type Host, printJson } from './tenants/tools';

/** Adds `whoami` and `contexts`. */
export function addContexts(program: Command, host: Host): void {
  addWhoami(program, host);
  const contexts = program.command('contexts').description('installations that you have logged in at');
  addList(contexts, host);
  addUse(contexts, host);
}

function addWhoami(program: Command, { env }: Host): void {
  program
    .command('whoami')
    .description('show where commands go, and as whom')
    .option('--json', 'as JSON')
    .action(async (options: CommonOptions) => {
      const { url, token, source } = openSession(env);
      const claims = claimsOf(await token());
      const { exp } = claims;
      const expiresAt = exp === undefined ? null : new Date(exp * 1_000).toISOString();
      const answer = { apiUrl: url, source, user: userIn(claims), issuer: claims.iss ?? null, expiresAt };
      if (openTerminal(options).isJson) return printJson(answer);
      say(`${pc.bold(answer.user)} at ${url}, by ${source}`);
      say(pc.dim(`token of ${answer.issuer ?? 'an unknown issuer'}, good until ${expiresAt ?? 'unknown'}`));
    });
}

function addList(contexts: Command, { env }: Host): void {
  contexts
    .command('list', { isDefault: true })
    .description('list them; * is the one in use')
    .option('--json', 'as JSON')
    .action((options: CommonOptions) => {
      const terminal = openTerminal(options);
      const { current, contexts: all } = readContexts(env);
      const rows = Object.entries(all).map(([name, { apiUrl, accessToken }]) => ({
        name,
        isCurrent: name === current,
        apiUrl,
        user: userIn(claimsOf(accessToken)),
      }));
      if (terminal.isJson) return printJson(rows);
      if (rows.length === 0) return terminal.print('You have not logged in anywhere. Log in: freeflow login');
      const cells = rows.map(({ name, isCurrent, user, apiUrl }) => [
        isCurrent ? `* ${name}` : `  ${name}`,
        user,
        apiUrl,
      ]);
      terminal.print(inColumns(['  CONTEXT', 'USER', 'API'], cells, terminal.columns));
    });
}

function addUse(contexts: Command, { env }: Host): void {
  contexts
    .command('use')
    .description('have commands use this one from now on')
    .argument('<context>', 'its name')
    .action(async (name: string) => {
      // It must be there.
      selectContext({ ...env, FREEFLOW_CONTEXT: name });
      await changeContexts(env, (before) => ({ ...before, current: name }));
      say(`Context ${pc.bold(name)} is in use.`);
    });
}
