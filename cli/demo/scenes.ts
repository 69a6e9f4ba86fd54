import pc from 'picocolors';
import type { Connections } from '../connections';
import { EXIT, Failure } from '../failure';
import { refusalOf, VISITS } from './visitor';

type Say = (line: string) => void;

const good = (say: Say, text: string) => {
  say(`${pc.green('✔')} ${text}`);
};
const bad = (what: string) =>
  new Failure(EXIT.refused, what, 'That must never happen: please report it, with the lines above.');

const visitsOf = (mine: Connections) =>
  Object.entries(VISITS).flatMap(([backend, visit]) =>
    mine[backend] === undefined ? [] : [{ ...visit, backend, mine: mine[backend] }],
  );

/** Each backend lets the tenant write and read its own. */
export async function showOwn(say: Say, name: string, mine: Connections): Promise<void> {
  for (const visit of visitsOf(mine)) good(say, `${visit.title}: ${name} has ${await visit.own(visit.mine)}`);
}

/** Each backend refuses the tenant what is its neighbour's. */
export async function showIsolation(
  say: Say,
  [name, mine]: [string, Connections],
  [other, theirs]: [string, Connections],
): Promise<void> {
  for (const visit of visitsOf(mine)) {
    const refusal = await refusalOf(() => visit.intrude(visit.mine, theirs[visit.backend] ?? {}), visit);
    if (refusal === undefined) throw bad(`${visit.title} let ${name} get at what is ${other}'s.`);
    good(say, `${visit.title}: ${name} reaching for what is ${other}'s: ${pc.bold('refused')}, ${refusal}`);
  }
}

/** No backend lets the tenant in any more. */
export async function showCutOff(say: Say, name: string, mine: Connections): Promise<void> {
  for (const visit of visitsOf(mine)) {
    const refusal = await refusalOf(() => visit.own(visit.mine), visit);
    if (refusal === undefined) throw bad(`${visit.title} still lets ${name} in.`);
    good(say, `${visit.title}: ${name} is ${pc.bold('kept out')}, ${refusal}`);
  }
}
