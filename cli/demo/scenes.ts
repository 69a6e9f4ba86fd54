import { BACKEND_KINDS, BACKENDS } from '@freeflow/contract';
import { colours as pc } from '@freeflow/lib/colours';
import type { Connections } from '../../backends/connections';
import { moduleOf } from '../../backends/registry';
import { EXIT, Failure } from '../failure';
import { refusalBy } from './refusal';

type Print = (line: string) => void;

const good = (print: Print, text: string) => {
  print(`${pc.green('✔')} ${text}`);
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
export async function showOwn(print: Print, name: string, mine: Connections): Promise<void> {
  for (const visit of visitsOf(mine)) good(print, `${visit.title}: ${name} has ${await visit.useOwn(visit.mine)}`);
}

/** Each backend refuses the tenant what is its neighbour's. */
export async function showIsolation(
  print: Print,
  [name, mine]: [string, Connections],
  [other, theirs]: [string, Connections],
): Promise<void> {
  for (const visit of visitsOf(mine)) {
    const refusal = await refusalBy(() => visit.intrude(visit.mine, theirs[visit.backend] ?? {}), visit);
    if (refusal === undefined) throw bad(`${visit.title} gave ${name} access to ${other}'s data.`);
    good(print, `${visit.title}: ${name} accessing ${other}'s data: ${pc.bold('refused')}, ${refusal}`);
  }
}

/** No backend lets the tenant in any more. */
export async function showCutOff(print: Print, name: string, mine: Connections): Promise<void> {
  for (const visit of visitsOf(mine)) {
    const refusal = await refusalBy(() => visit.useOwn(visit.mine), visit);
    if (refusal === undefined) throw bad(`${visit.title} still lets ${name} in.`);
    good(print, `${visit.title}: ${name} is ${pc.bold('kept out')}, ${refusal}`);
  }
}
