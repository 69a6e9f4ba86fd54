import { randomBytes } from 'node:crypto';
import type { TenantBody } from '@freeflow/contract/http';
import type { Command } from 'commander';
import pc from 'picocolors';
import { z } from 'zod';
import { showCutOff, showIsolation, showOwn } from '../demo/scenes';
import { EXIT, Failure } from '../failure';
import { connect } from './connect';
import { followToEnd } from './tenants/follow-to-end';
import { type Host, toolsOf, type Tools } from './tenants/tools';

const evidence = z.object({ backends: z.array(z.object({ kind: z.string(), name: z.string(), found: z.string() })) });

/** Adds `demo`: the life of a tenant before one's eyes, on the real backends. */
export function addDemo(program: Command, { env, end }: Host): void {
  program
    .command('demo')
    .description(
      'show the life of a tenant on real backends: created, isolated, suspended, resumed, deleted, nothing left',
    )
    .addHelpText(
      'after',
      `
It creates two tenants of its own and removes them; no other is touched. Needs a running installation: npm start.
(npm run demo starts one where none runs.)

Example:
  pnpm freeflow demo`,
    )
    .action(async () => {
      end(await demo(toolsOf({}, env), env));
    });
}

async function demo(tools: Tools, env: NodeJS.ProcessEnv): Promise<number> {
  const {
    terminal: { say },
    tenants,
  } = tools;
  const suffix = randomBytes(2).toString('hex');
  const made: TenantBody[] = [];
  const scene = (text: string) => {
    say(`\n${pc.bold(text)}`);
  };
  /** Asks for something, shows it, and insists that it is done. */
  const done = async (asked: TenantBody): Promise<TenantBody> => {
    const exitCode = await followToEnd(tools, asked);
    if (exitCode !== EXIT.done)
      throw new Failure(
        exitCode,
        `The demonstration ends here: ${asked.name} did not reach the expected status.`,
        'The cause is in the lines above.',
      );
    return tenants.get(asked.id);
  };
  const make = async (name: string) => {
    const asked = await tenants.create(name);
    made.push(asked);
    return done(asked);
  };
  const remove = async ({ id }: TenantBody) => done(await tenants.remove(id, { hard: true, force: true }));

  try {
    scene(
      '1. Two tenants, each with its own database in PostgreSQL and MongoDB, its collection in Qdrant and its realm in Keycloak',
    );
    const mine = await make(`demo${suffix}a`);
    const other = await make(`demo${suffix}b`);
    const [keys, theirs] = [await connect(mine.name, undefined, env), await connect(other.name, undefined, env)];

    scene(`2. ${mine.name} works with its own`);
    await showOwn(say, mine.name, keys);

    scene(`3. ${mine.name} reaches for what is ${other.name}'s, with valid credentials of its own`);
    await showIsolation(say, [mine.name, keys], [other.name, theirs]);

    scene(`4. ${mine.name} is suspended: its own credentials are refused, its data stays`);
    await done(await tenants.change(mine.id, 'suspend'));
    await showCutOff(say, mine.name, keys);

    scene(`5. ${mine.name} is resumed: the same credentials work, and the data is there`);
    await done(await tenants.change(mine.id, 'resume'));
    await showOwn(say, mine.name, keys);

    scene(`6. ${mine.name} is deleted for good, and each backend is checked for leftovers`);
    const gone = await remove(mine);
    for (const { kind, found } of evidence.parse(gone.operation?.['evidence']).backends)
      say(`${pc.green('✔')} ${kind}: ${found}`);
    await showCutOff(say, mine.name, keys);

    scene(`7. ${other.name} is untouched; then it is deleted as well`);
    await showOwn(say, other.name, theirs);
    await remove(other);
    say(`\nNothing of either is left. What was done is still in: ${tools.freeflow} tenants logs ${mine.name}`);
    return EXIT.done;
  } catch (error) {
    await clearUp(tools, made);
    throw error;
  }
}

/** Whatever the demonstration stumbled over: it leaves nothing of its own behind, or says what. */
async function clearUp({ tenants, terminal, freeflow }: Tools, made: readonly TenantBody[]): Promise<void> {
  for (const { id, name } of made) {
    await tenants.remove(id, { hard: true, force: true }).then(
      () => {
        terminal.say(`${name} is being removed; follow it: ${freeflow} tenants watch ${name}`);
      },
      (error: unknown) => {
        if (!(error instanceof Failure && error.exitCode === EXIT.refused))
          terminal.say(
            `${name} could not be removed; remove it with: ${freeflow} tenants delete ${name} --hard --force`,
          );
      },
    );
  }
}
