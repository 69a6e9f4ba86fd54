import { BACKEND_KINDS, BACKENDS } from '@freeflow/contract';
import pc from 'picocolors';
import { moduleOf } from '../../backends/registry';
import type { Connections } from '../connections';
import { EXIT, Failure } from '../failure';
import { refusalBy } from './refusal';

type Say = (line: string) => void;

const good = (say: Say, text: string) => {
  say(`${pc.green('✔')} ${text}`);
};
const bad = (what: string) =>
  new Failure(EXIT.refused, what, 'That must never happen: please report it, with the lines above.');

const visitsOf = (mine: Connections) =>
  BACKEND_KINDS.flatMap((backend) =>
    mine[backend] === undefined
      ? []
      : [{ ...moduleOf(backend).demo, title: BACKENDS[backend].title, backend, mine: mine[backend] }],
  );

/** Each backend lets the tenant write and read its own. */
export async function showOwn(say: Say, name: string, mine: Connections): Promise<void> {
  for (const visit of visitsOf(mine)) good(say, `${visit.title}: ${name} has ${await visit.useOwn(visit.mine)}`);
}

/** Each backend refuses the tenant what is its neighbour's. */
export async function showIsolation(
  say: Say,
  [name, mine]: [string, Connections],
  [other, theirs]: [string, Connections],
): Promise<void> {
  for (const visit of visitsOf(mine)) {
    const refusal = await refusalBy(() => visit.intrude(visit.mine, theirs[visit.backend] ?? {}), visit);
    if (refusal === undefined) throw bad(`${visit.title} let ${name} get at what is ${other}'s.`);
    good(say, `${visit.title}: ${name} reaching for what is ${other}'s: ${pc.bold('refused')}, ${refusal}`);
  }
}

/** No backend lets the tenant in any more. */
export async function showCutOff(say: Say, name: string, mine: Connections): Promise<void> {
  for (const visit of visitsOf(mine)) {
    const refusal = await refusalBy(() => visit.useOwn(visit.mine), visit);
    if (refusal === undefined) throw bad(`${visit.title} still lets ${name} in.`);
    good(say, `${visit.title}: ${name} is ${pc.bold('kept out')}, ${refusal}`);
  }
}
