import type { Command } from 'commander';
import { BlueprintError, problemText, readBlueprint } from '../../backends/blueprint';
import { BLUEPRINT_FORMS } from '../../backends/registry';
import { EXIT, Failure } from '../failure';
import { openTerminal } from '../terminal';
import { type CommonOptions, type Host, printJson } from './tenants/tools';

/** Adds `freeflow blueprint`. */
export function addBlueprint(program: Command, { end }: Host): void {
  program
    .command('blueprint')
    .description('what new tenants begin with, as files')
    .command('check')
    .description('check a folder as a whole, as a worker does that is started with it; asks no server')
    .argument('<folder>', 'the folder, as BLUEPRINT_DIR names it')
    .option('--json', 'as JSON: what is wrong, by path and line')
    .addHelpText(
      'after',
      `
Whether files that tenants have were edited since is known to the master database alone: a worker refuses that, by name.
Exit codes: 0 in order; 1 something is wrong, each by file and line.

Example:
  pnpm freeflow blueprint check deploy/blueprint`,
    )
    .action(async (folder: string, options: CommonOptions) => {
      const terminal = openTerminal(options);
      const found = await check(folder);
      if (terminal.isJson) printJson(found);
      else if (found.problems.length === 0) terminal.print(`Version ${found.version}: ${found.files} files, in order.`);
      else
        throw new Failure(
          EXIT.refused,
          found.problems.map(problemText).join('\n'),
          'What a file may say: docs/blueprint.md',
        );
      end(found.problems.length === 0 ? EXIT.done : EXIT.refused);
    });
}

async function check(folder: string) {
  try {
    const { version, checksum, files } = await readBlueprint(folder, BLUEPRINT_FORMS);
    return { version, checksum, files: files.length, problems: [] };
  } catch (error) {
    if (!(error instanceof BlueprintError)) throw error;
    return { version: null, checksum: null, files: null, problems: error.problems };
  }
}
