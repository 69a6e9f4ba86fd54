import { Command, Option } from 'commander';
import { stackDir } from './project';
import { TEMPORAL_STORES, type TemporalStoreKind } from './servers';

/** The option of every command that works on a stack. */
export const dirOption = (): Option =>
  new Option('--dir <folder>', 'where data, logs and credentials are kept')
    .env('FREEFLOW_STACK_DIR')
    .default('.freeflow');

export interface StartOptions {
  dir: string;
  observe: boolean;
  vault: boolean;
  temporal: TemporalStoreKind;
}

export const vaultOption = (): Option =>
  new Option('--vault', "start an OpenBao as well, for the tenants' secrets; kept from then on").default(false);

export const temporalOption = (): Option =>
  new Option('--temporal <store>', 'where Temporal keeps its data; postgres: the real server, built by Go once, no UI')
    .choices(TEMPORAL_STORES)
    .default('file' satisfies TemporalStoreKind);

/** What `npm start` was given; `--help` and a wrong option end the process. */
export function readStartOptions(name: string, description: string): StartOptions {
  const { dir, ...options } = new Command(name)
    .description(description)
    .addOption(dirOption())
    .option('--observe', 'start a Prometheus as well, with the alert rules; it has to be on PATH', false)
    .addOption(vaultOption())
    .addOption(temporalOption())
    .parse()
    .opts<StartOptions>();
  return { dir: stackDir(dir), ...options };
}

/** The folder that a command without subcommands was given; `--help` and a wrong option end the process. */
export function readDir(name: string, description: string): string {
  const { dir } = new Command(name).description(description).addOption(dirOption()).parse().opts<{ dir: string }>();
  return stackDir(dir);
}
