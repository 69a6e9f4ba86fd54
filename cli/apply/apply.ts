import type { TenantBody, TenantEntry } from '@freeflow/contract/http';
import type { Tenants } from '../client/tenants';
import { type Tools, printJson } from '../commands/tenants/tools';
import { confirmByYes } from '../confirm';
import { EXIT, Failure } from '../failure';
import { onInterrupt } from '../interruption';
import { sayAside } from '../show/printable';
import { carryOut, exitCodeOf, type Result } from './carry-out';
import { planTenants } from './plan';
import { countPrunable, refusePruning } from './plan-pruning';
import { planText } from './plan-text';
import { hasDifferences, isWork, planOf, type Planned } from './planned';
import { openProgress } from './progress';

interface ApplyOptions {
  dryRun: boolean;
  /** Without asking. */
  yes: boolean;
  concurrency: number;
  /** Is given by Ctrl-C, and ends the requests of the tools. */
  interrupted: AbortController;
  /** `labels` as `key:value`, `limit`: so many at most. Undefined: nothing is pruned. */
  prune: { labels: readonly string[]; limit: number | undefined } | undefined;
}

/** So many tenants are looked up by their names; for more, all are listed. */
const FEW = 50;

/**
 * Shows what is to be done, asks, and does it.
 * @returns how the command ends
 * @throws Failure where too many would be pruned, or it is not confirmed
 */
export async function apply(entries: readonly TenantEntry[], tools: Tools, options: ApplyOptions): Promise<number> {
  const { terminal, freeflow } = tools;
  const { dryRun, prune, yes } = options;
  const living = await readLiving(tools.tenants, entries, prune !== undefined);
  const plan = planTenants(entries, living, prune, new Date());
  terminal.print(planText(plan, freeflow));
  const finish = (code: number, results?: readonly Result[]): number => {
    if (terminal.isJson) printJson({ plan: plan.map(shownOf), ...(results === undefined ? {} : { results }) });
    return code;
  };
  if (prune !== undefined) assertPruning(entries, living, plan, prune);
  if (dryRun) return finish(hasDifferences(plan) ? EXIT.differs : EXIT.done);
  const work = plan.filter(isWork);
  if (work.length > 0 && !yes) await confirmByYes(terminal, 'Is all of this to be done?');
  const results = await carryOutUntilInterrupted(plan, work.length, tools, options);
  if (work.length > 0) terminal.print(`\n${summaryOf(results)}`);
  return finish(exitCodeOf(results), results);
}

async function readLiving(
  tenants: Tenants,
  entries: readonly TenantEntry[],
  prunes: boolean,
): Promise<readonly TenantBody[]> {
  if (prunes || entries.length > FEW) return (await tenants.list({}, Infinity)).items;
  return (await Promise.all(entries.map(({ name }) => tenants.list({ name }, 1)))).flatMap(({ items }) => items);
}

function assertPruning(
  entries: readonly TenantEntry[],
  living: readonly TenantBody[],
  plan: readonly Planned[],
  prune: NonNullable<ApplyOptions['prune']>,
): void {
  const deletions = planOf(plan, 'delete').length;
  const counts = { deletions, prunable: countPrunable(living, prune), isEmpty: entries.length === 0 };
  const reason = refusePruning(counts, prune.limit);
  if (reason !== undefined)
    throw new Failure(
      EXIT.usage,
      `${reason} Nothing was changed.`,
      `Is it the right file, and the right installation (freeflow whoami)? If all of it is meant: --prune-limit ${deletions}`,
    );
}

async function carryOutUntilInterrupted(
  plan: readonly Planned[],
  total: number,
  tools: Tools,
  { concurrency, interrupted }: ApplyOptions,
): Promise<Result[]> {
  const progress = await openProgress(tools.terminal, total, tools.freeflow);
  const leave = () => {
    progress.end();
    sayAside('What was accepted goes on. Repeat the command: it goes on with what is left.');
  };
  const stopListening = onInterrupt(interrupted, leave);
  try {
    return await carryOut(plan, concurrency, { tools, progress, signal: interrupted.signal });
  } finally {
    stopListening();
    if (interrupted.signal.aborted) leave();
    else progress.end();
  }
}

/** The plan for programs, without all that is known of each tenant. */
function shownOf(it: Planned) {
  switch (it.action) {
    case 'create':
      return { name: it.name, action: it.action, changes: it.changes };
    case 'change':
      return { name: it.name, action: it.action, changes: it.changes, follows: it.awaits?.id ?? null };
    case 'delete':
    case 'unchanged':
    case 'blocked':
    case 'kept': {
      const { action, name } = it;
      return { name, action, ...('why' in it ? { code: it.code, why: it.why } : {}) };
    }
  }
}

function summaryOf(results: readonly Result[]): string {
  const done = results.filter(({ outcome }) => outcome === 'done');
  const count = (action: Result['action']) => done.filter((it) => it.action === action).length;
  const failed = results.length - done.length;
  const parts = [`${count('create')} created`, `${count('change')} changed`, `${count('delete')} soft-deleted`];
  return `${parts.join(', ')}${failed === 0 ? '' : `; ${failed} not as the file says`}.`;
}
