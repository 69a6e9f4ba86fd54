import type { Point, Scenario } from './points';
import type { ScenarioRun } from './run-scenario';
import type { Verdict } from './verdict';

/** What a scenario's points have in common on the page, and what `missingOn` looks for. */
const startOfRow = ({ step, moment }: Point): string => `| \`${step}\` | ${moment} |`;

const INTRODUCTION = `The worker is killed by SIGKILL \`before\` the call of a side effect leaves it, or \`after\` the server has confirmed and the activity
has not returned; the steps in the master database likewise. An attempt that waits at its point for
the others to reach theirs may time out and be repeated: hence more than one \`begin\`. The points are all there are: derived from the tables of operations and
backends (\`contract/operations/table.ts\`, \`contract/backends.ts\`). Each worker dies in the operation of a tenant of its own, all of one operation in
one process. Then an ordinary worker is started, and the result is checked with the servers' own drivers, the
tenant's own credentials, and in the master database: ledger, secrets, a log without gaps that has the lost attempt, and what was told of all that: each change as one event, in order, each accepted
call as one row of the audit trail. A neighbour with data in all
four backends, created beforehand, is unchanged after it.

The time counts from the start of the next worker. A dead one is noticed by its missing heartbeats after five seconds; a call without an answer may take
effect for as long as its client would have waited, so nothing is concluded until twenty seconds later, at Keycloak sixty.`;

/** The section on killed workers, from what was seen. */
export const killedSection = (seen: readonly (readonly [Scenario, readonly ScenarioRun[]])[]): string =>
  [INTRODUCTION, ...seen.map(([scenario, runs]) => part(scenario, runs))].join('\n\n');

/** The same section with one scenario seen anew; a new one comes last. */
export function replacePart(
  section: string,
  measured: string,
  scenario: Scenario,
  runs: readonly ScenarioRun[],
): string {
  const parts = section.trimEnd().split(/^(?=### )/m);
  const at = parts.findIndex((it) => it.startsWith(`### ${scenario.name}\n`));
  parts[at === -1 ? parts.length : at] = part(scenario, runs).replace('\n\n', `\n\n${measured} `);
  return parts.map((it) => it.trimEnd()).join('\n\n');
}

function part({ name, points }: Scenario, runs: readonly ScenarioRun[]): string {
  const all = runs.flatMap((it) => it.outcomes);
  const ends = [...new Set(all.map(({ verdict }) => (verdict === undefined ? 'it did not end' : sentence(verdict))))];
  const rows = points.map((point) => {
    const own = all.filter((it) => it.step === point.step && it.moment === point.moment);
    const attempts = [...new Set(own.map((it) => it.attempts.join(', ')))].join(' or ');
    return `${startOfRow(point)} ${own.filter((it) => it.isReached).length} | ${attempts} | ${Math.ceil(Math.max(...own.map((it) => it.tookMs)) / 1000)} s |`;
  });
  const neighbour = runs.every((it) => it.isNeighbourUntouched)
    ? 'The neighbour is untouched.'
    : 'The neighbour was changed.';
  return `### ${name}\n\nSeen at the end of every run: ${ends.join('; or ')}. ${neighbour}\n\n| point | killed | times | attempts of the step | ended after |\n|---|---|---|---|---|\n${rows.join('\n')}`;
}

function sentence({ operation, tenant, standing, access, data, ledger, secrets, events, audit, log }: Verdict): string {
  const parts = [
    `operation ${operation.replace('_', ' ')}`,
    `tenant ${tenant}`,
    standing,
    ...(access === 'none to try' ? [] : [access]),
    ...(data === 'not compared' ? [] : [`data ${data}`]),
    `ledger ${ledger}`,
    `${secrets} secrets`,
    `events ${events}`,
    `audit trail ${audit}`,
    `log ${log}`,
  ];
  return parts.join(', ');
}

/** The points that the page doesn't speak of. */
export function missingOn(page: string, scenarios: readonly Scenario[]): string[] {
  return scenarios.flatMap(({ name, points }) => {
    const own = page.split(/^### /m).find((it) => it.startsWith(`${name}\n`)) ?? '';
    return points.filter((it) => !own.includes(startOfRow(it))).map((it) => `${name}: ${it.moment} ${it.step}`);
  });
}
