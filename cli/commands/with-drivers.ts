import type { Command } from 'commander';
import { addBlueprint } from './blueprint';
import { addDemo } from './demo';
import { addDoctor } from './doctor';
import { addSecrets } from './secrets';
import { addSetup } from './setup';
import { addConnect } from './tenants/connect';
import type { Host } from './tenants/tools';

/**
 * Adds the commands that need the drivers of all servers: these take longer to load than any other command takes, so
 * this file is imported only where one of them may be meant.
 * @param tenants the command to which those about one tenant belong
 * @param process of which `doctor` takes the environment, the streams and the exit
 */
export function addCommandsWithDrivers(program: Command, tenants: Command, host: Host, process: NodeJS.Process): void {
  addConnect(tenants, host);
  addBlueprint(program, host);
  addDemo(program, host);
  addSetup(program, host);
  addSecrets(program, host);
  addDoctor(program, process);
}
