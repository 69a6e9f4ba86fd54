import type { Command } from 'commander';
import { addSetupBackends } from './setup-backends';
import { addSetupTemporal } from './setup-temporal';
import type { Host } from './tenants/tools';

/** Adds `freeflow setup`. */
export function addSetup(program: Command, host: Host): void {
  const setup = program.command('setup').description('prepare servers for FreeFlow, once');
  addSetupBackends(setup, host);
  addSetupTemporal(setup, host);
}
