import { Command, Option } from 'commander';
import { stackDir } from './project';

/** The option of every command that works on a stack. */
export const dirOption = (): Option =>
  new Option('--dir <folder>', 'where data, logs and credentials are kept')
    .env('FREEFLOW_STACK_DIR')
    .default('.freeflow');

/** The folder that a command without subcommands was given; `--help` and a wrong option end the process. */
export function readDir(name: string, description: string): string {
  const { dir } = new Command(name).description(description).addOption(dirOption()).parse().opts<{ dir: string }>();
  return stackDir(dir);
}
