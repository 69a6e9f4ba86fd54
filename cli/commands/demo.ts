import { randomBytes } from 'node:crypto';
import { BACKEND_KINDS } from '@freeflow/contract';
import { absenceEvidenceSchema, type TenantBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import type { Command } from 'commander';
import { moduleOf } from '../../backends/registry';
import { showCutOff, showIsolation, showOwn } from '../demo/scenes';
import { EXIT, Failure } from '../failure';
import { connect } from './connect';
import { followToEnd } from './tenants/follow-to-end';
import { type Host, toolsOf, type Tools } from './tenants/tools';

/** Adds `demo`: the life of a tenant, shown on the real backends. */
export function addDemo(program: Command, { env, end }: Host): void {
  program
    .command('demo')
    .description(
      'show the life of a tenant on real backends: created, isolated, suspended, resumed, deleted, nothing left',
    )
    .addHelpText(
      'after',
      `
It creates two tenants of its own and removes them, and touches no other. Needs a running installation: npm start.
(npm run demo starts one where none runs.)

Example:
  pnpm freeflow demo`,
    )
    .action(async () => {
      end(await demo(toolsOf({}, env), env));
    });
}

const listOf = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

async function demo(tools: Tools, env: NodeJS.ProcessEnv): Promise<number> {
  const {
    terminal: { print },
    tenants,
  } = tools;
  const suffix = randomBytes(2).toString('hex');
  const created: TenantBody[] = [];
  const scene = (text: string) => {
    print(`\n${pc.bold(text)}`);
  };
  /** Shows an operation to its end, which must be a success. */
  const followToSuccess = async (accepted: TenantBody): Promise<TenantBody> => {
    const exitCode = await followToEnd(tools, accepted);
    if (exitCode !== EXIT.done)
      throw new Failure(
        exitCode,
        `The demo ends here: the operation on ${accepted.name} did not succeed.`,
        'See the cause in the lines above.',
      );
    return tenants.get(accepted.id);
  };
  const create = async (name: string) => {
    const accepted = await tenants.create(name);
    created.push(accepted);
    return followToSuccess(accepted);
  };
  const remove = async ({ id }: TenantBody) => followToSuccess(await tenants.remove(id, { hard: true, force: true }));

  try {
    scene(`1. Two tenants, each with its own ${listOf(BACKEND_KINDS.map((kind) => moduleOf(kind).demo.what))}`);
    const mine = await create(`demo${suffix}a`);
    const other = await create(`demo${suffix}b`);
    const [keys, theirs] = [await connect(mine.name, undefined, env), await connect(other.name, undefined, env)];

    scene(`2. ${mine.name} uses its own resources`);
    await showOwn(print, mine.name, keys);

    scene(`3. ${mine.name} tries to reach the resources of ${other.name}, with valid credentials of its own`);
    await showIsolation(print, [mine.name, keys], [other.name, theirs]);

    scene(`4. ${mine.name} is suspended: its own credentials are refused, its data stays`);
    await followToSuccess(await tenants.change(mine.id, 'suspend'));
    await showCutOff(print, mine.name, keys);

    scene(`5. ${mine.name} is resumed: the same credentials work, and the data is there`);
    await followToSuccess(await tenants.change(mine.id, 'resume'));
    await showOwn(print, mine.name, keys);

    scene(`6. ${mine.name} is deleted for good, and its absence is read back from each backend`);
    const gone = await remove(mine);
    for (const { kind, found = 'nothing was created' } of absenceEvidenceSchema.parse(gone.operation?.evidence)
      .backends)
      print(`${pc.green('✔')} ${kind}: ${found}`);
    await showCutOff(print, mine.name, keys);

    scene(`7. ${other.name} is unaffected; then it is deleted as well`);
    await showOwn(print, other.name, theirs);
    await remove(other);
    print(`\nNothing of either is left. Their logs are kept: ${tools.freeflow} tenants logs ${mine.name}`);
    return EXIT.done;
  } catch (error) {
    await removeAll(tools, created);
    throw error;
  }
}

/** After a failure the demo leaves nothing of its own behind, or reports what. */
async function removeAll({ tenants, terminal, freeflow }: Tools, created: readonly TenantBody[]): Promise<void> {
  for (const { id, name } of created) {
    await tenants.remove(id, { hard: true, force: true }).then(
      () => {
        terminal.print(`${name} is being removed; follow it: ${freeflow} tenants watch ${name}`);
      },
      (error: unknown) => {
        if (!(error instanceof Failure && error.exitCode === EXIT.refused))
          terminal.print(`${name} could not be removed. Remove it: ${freeflow} tenants delete ${name} --hard --force`);
      },
    );
  }
}
