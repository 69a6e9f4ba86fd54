import { isDeepStrictEqual } from 'node:util';
import { FAULTS, OPERATIONS, type FaultKind } from './plan';
import type { Outcome, Round } from './run-round';

const INTRODUCTION = `Tenants in the middle of an operation, some at a time in one installation, each with some faults of its own: at the line to a backend, to the master database or to
Temporal (\`refuses\`, \`stalls\`, \`loses replies\`: the server has done it and its answer is lost, ...), or with a process killed by SIGKILL. The client repeats
a request under the same Idempotency-Key until it is answered. No parked step gets an answer: with the fault over, everything has to recover by
itself. Then each tenant is checked with the servers' own drivers and its own credentials, its ledger, secrets and log are read, the
servers are searched for names of ours that no row has, histories and logs for secrets, every history is replayed, and a neighbour with data is compared.`;

/** Not seen by the run that writes the page: the product has to be broken for it, and built anew. */
const PLANTED = `That such a run turns red when the product is wrong was tried with the product broken on purpose. Which calls meet a fault depends on time as
well: the second was red in one run of two, the last in both of two, the others in the only one.

| broken | \`CHAOS_SEED=… CHAOS_TENANTS=… npx jest resilience/chaos.e2e\` | red |
|---|---|---|
| the drop at MongoDB is reported and not done | 20781, 4 | both deleted tenants' databases and users are still there, and no row has them |
| absence is concluded at once, though a call is unanswered | 2780, 3 | realms of creates that were undone came after their absence was seen |
| the drop at Qdrant takes what isn't ours | 20781, 3 | in each installation the create of a name that is taken by a foreign collection at Qdrant does not end: parked |
| the tenant's lock excludes no other attempt | 20781, 18; \`CHAOS_ONLY=frozen\` | what an undo had seen gone was in the ledger again; the other time, a probe left something among a tenant's data |`;

/** The section on chance faults, from what was seen. */
export function chaosSection(seed: number, rounds: readonly Round[]): string {
  const all = rounds.flatMap((it) => it.outcomes);
  const bad = all
    .filter((it) => !isDeepStrictEqual(it.verdict, it.expected))
    .map((it) => `#${it.of.number} ${it.trouble ?? JSON.stringify(it.verdict)}`);
  const wrong = [...bad, ...rounds.flatMap((it) => it.wrong)];
  const seen =
    wrong.length === 0
      ? 'every tenant complete, cut off or absent as the records say, ledger and log true, nothing stuck, nothing outside the records, no secret found, every neighbour untouched'
      : wrong.join('; ');
  const matrix = FAULTS.map(
    (fault) =>
      `| ${fault} | ${OPERATIONS.map(({ name }) => cell(all.filter((it) => hasMet(it, fault) && it.of.operation.name === name))).join(' | ')} |`,
  );
  const failures = FAULTS.map((fault) => `| ${fault} | ${typesOf(all.filter((it) => hasMet(it, fault)))} |`);
  return `${INTRODUCTION}

${countsOf(all).faults} faults over ${all.length} tenants: \`CHAOS_SEED=${seed} CHAOS_TENANTS=${all.length} npm run test:chaos\` has seen: ${seen}.

How many tenants met which fault in which operation, and after how many seconds without the fault the slowest of them had ended:

| | ${OPERATIONS.map((it) => it.name).join(' | ')} |
|---|${OPERATIONS.map(() => '---|').join('')}
${matrix.join('\n')}

What their logs recorded meanwhile; other tenants' faults, at the same time, included:

| | failed attempts |
|---|---|
${failures.join('\n')}

${PLANTED}`;
}

const hasMet = ({ met }: Outcome, fault: FaultKind): boolean => met.some((it) => it.kind === fault);

/**
 * How much was met, and in how many pairs of a fault and an operation; what began when its operation had ended already
 * doesn't count.
 */
export function countsOf(all: readonly Outcome[]): { faults: number; tenants: number; cells: number } {
  const cells = new Set(all.flatMap(({ met, of }) => met.map(({ kind }) => `${kind}: ${of.operation.name}`)));
  return { faults: all.reduce((sum, it) => sum + it.met.length, 0), tenants: all.length, cells: cells.size };
}

const cell = (outcomes: readonly Outcome[]): string =>
  outcomes.length === 0
    ? ''
    : `${outcomes.length}: ${Math.ceil(Math.max(...outcomes.map((it) => it.tookMs)) / 1000)} s`;

function typesOf(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>();
  for (const type of outcomes.flatMap((it) => it.failures.map((failure) => failure.split(' ').slice(1).join(' '))))
    counts.set(type, (counts.get(type) ?? 0) + 1);
  return (
    [...counts]
      .sort(([, one], [, other]) => other - one)
      .map(([type, count]) => `${type} ${count}`)
      .join(', ') || 'none'
  );
}
