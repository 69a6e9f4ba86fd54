import { setTimeout as delay } from 'node:timers/promises';
import type { FleetChange, FleetUpgradeBody } from '@freeflow/contract/http';
import type { Command } from 'commander';
import { fleetOf } from '../client/fleet';
import { caller } from '../client/http';
import { openSession } from '../client/session';
import { EXIT, Failure } from '../failure';
import { isPassing } from '../passing';
import { fleetText, upgradeLine, upgradeText } from '../show/fleet';
import { openTerminal, type Terminal } from '../terminal';
import { collectLabelFilter } from './tenants/identity-options';
import { type CommonOptions, type Host, printJson } from './tenants/tools';

type Fleet = ReturnType<typeof fleetOf>;

interface UpgradeOptions extends CommonOptions {
  to?: string;
  canary?: string;
  concurrency?: string;
  pauseOnFailures?: string;
  only?: string[];
  wait: boolean;
}

const POLL_MS = 500;

const CHANGES: Readonly<Record<FleetChange, string>> = {
  pause: 'take up no further tenants; those at work go on to their end',
  resume: 'go on, whatever has failed until now',
  cancel: 'take up no further tenants, for good; those that have it keep it',
  retry: 'try those again that failed or were left for later',
};

/** Adds `freeflow fleet`: versions of the blueprint, and how they get to all tenants. */
export function addFleet(program: Command, { env, end }: Host): void {
  const fleet = program.command('fleet').description('versions of the blueprint, and their way to all tenants');
  const clientOf = (): Fleet => fleetOf(caller(openSession(env)));

  fleet
    .command('plan')
    .description('show which tenants have which version, and what an upgrade would do')
    .option('--only <label=value>', 'count those alone that have this label; may be repeated', collectLabelFilter)
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  pnpm freeflow fleet plan --only tier=gold')
    .action(async ({ only = [], ...options }: CommonOptions & { only?: string[] }) => {
      const terminal = openTerminal(options);
      const found = await clientOf().show(only);
      if (terminal.isJson) printJson(found);
      else terminal.print(fleetText(found, terminal.columns));
    });

  fleet
    .command('upgrade')
    .description('give all tenants a version of the blueprint, some at a time, and follow it')
    .option('--to <version>', 'the version; the highest one when left out')
    .option('--canary <n>', 'so many tenants first, and the others only once these are done (2)')
    .option('--concurrency <n>', 'so many tenants at a time (8)')
    .option('--pause-on-failures <n>', 'pause after so many failures (3)')
    .option('--only <label=value>', 'those alone that have this label; may be repeated', collectLabelFilter)
    .option('--no-wait', 'exit as soon as it is accepted')
    .option('--json', 'print it at the end as JSON, and nothing else')
    .addHelpText(
      'after',
      `
Each tenant has an operation of its own. One that fails stops no other; one that is suspended, held or in another
operation is left for later. Ctrl-C leaves it running.
Exit codes: 0 done, also where some are left for later; 1 some failed, or it was cancelled; 3 paused; 4 unreachable.

Examples:
  pnpm freeflow fleet upgrade --canary 2 --concurrency 8 --pause-on-failures 3 --only tier=gold
  pnpm freeflow fleet upgrade --no-wait`,
    )
    .action(async ({ only = [], wait, ...options }: UpgradeOptions) => {
      const terminal = openTerminal(options);
      const client = clientOf();
      const upgrade = await client.upgrade({
        only,
        ...numbersOf(options, 'to', 'canary', 'concurrency', 'pauseOnFailures'),
      });
      end(await followOrShow(client, upgrade, terminal, wait));
    });

  fleet
    .command('status')
    .description('follow the last upgrade')
    .option('--no-wait', 'show how it is now')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  pnpm freeflow fleet status --no-wait')
    .action(async ({ wait, ...options }: CommonOptions & { wait: boolean }) => {
      const client = clientOf();
      end(await followOrShow(client, await lastOf(client), openTerminal(options), wait));
    });

  for (const change of Object.keys(CHANGES) as FleetChange[])
    fleet
      .command(change)
      .description(CHANGES[change])
      .option('--json', 'as JSON')
      .addHelpText('after', `\nExample:\n  pnpm freeflow fleet ${change}`)
      .action(async (options: CommonOptions) => {
        const client = clientOf();
        const terminal = openTerminal(options);
        const upgrade = await client.change((await lastOf(client)).id, change);
        if (terminal.isJson) printJson(upgrade);
        else terminal.print(upgradeLine(upgrade));
      });
}

async function lastOf(client: Fleet): Promise<FleetUpgradeBody> {
  const { upgrade } = await client.show([]);
  if (upgrade !== null) return upgrade;
  throw new Failure(EXIT.refused, 'The fleet was never upgraded.', 'What an upgrade would do: freeflow fleet plan');
}

/** Shows it each time it has changed, until it is over or paused; returns the exit code. */
async function followOrShow(
  client: Fleet,
  first: FleetUpgradeBody,
  terminal: Terminal,
  isFollowed: boolean,
): Promise<number> {
  let upgrade = first;
  for (let shown = ''; isFollowed && upgrade.endedAt === null; await delay(POLL_MS)) {
    const line = upgradeLine(upgrade);
    if (line !== shown) terminal.print(line);
    shown = line;
    if (upgrade.state === 'paused' && upgrade.counts.running === 0) break;
    upgrade = await client.showUpgrade(upgrade.id).catch((error: unknown) => {
      if (!isPassing(error)) throw error;
      return upgrade;
    });
  }
  if (terminal.isJson) printJson(upgrade);
  else terminal.print(upgradeText(upgrade, terminal.columns));
  if (!isFollowed) return EXIT.done;
  if (upgrade.endedAt === null) return EXIT.parked;
  return upgrade.state === 'done' && upgrade.counts.failed === 0 ? EXIT.done : EXIT.refused;
}

/** @throws Failure `usage` */
function numbersOf<Name extends 'to' | 'canary' | 'concurrency' | 'pauseOnFailures'>(
  options: Partial<Record<Name, string>>,
  ...names: Name[]
): Partial<Record<Name, number>> {
  const given = names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]] as const]));
  const wrong = given.find(([, value]) => !/^\d{1,6}$/.test(value));
  if (wrong !== undefined)
    throw new Failure(EXIT.usage, `${wrong[1]} is no whole number.`, 'freeflow fleet upgrade --help');
  return Object.fromEntries(given.map(([name, value]) => [name, Number(value)])) as Partial<Record<Name, number>>;
}
