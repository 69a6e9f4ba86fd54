import { BACKEND_KINDS, type OperationGoal, type StatusOperationKind } from '@freeflow/contract';
import { FAULTY_SERVERS, type FaultyServer } from '../support/fault-injected-installation';
import { ANSWERS, type AnswerKind } from './answers';
import { randomOf, type Random } from './random';

/** What is asked of a tenant; `interrupts`: a forced deletion that comes in the middle of that. */
export interface Operation {
  name: string;
  kind: StatusOperationKind;
  goal: OperationGoal;
  interrupts?: 'create' | 'suspend';
}

export const OPERATIONS: readonly Operation[] = [
  { name: 'create', kind: 'create', goal: 'active' },
  { name: 'suspend', kind: 'suspend', goal: 'suspended' },
  { name: 'resume', kind: 'resume', goal: 'active' },
  { name: 'soft delete', kind: 'soft_delete', goal: 'deleted' },
  { name: 'restore', kind: 'restore', goal: 'active' },
  { name: 'rotate', kind: 'rotate', goal: 'active' },
  { name: 'restore, to suspended', kind: 'restore', goal: 'suspended' },
  { name: 'change of plan', kind: 'change_plan', goal: 'active' },
  { name: 'upgrade', kind: 'upgrade', goal: 'active' },
  { name: 'hard delete', kind: 'hard_delete', goal: 'gone' },
  { name: 'hard delete in the middle of a create', kind: 'hard_delete', goal: 'gone', interrupts: 'create' },
  { name: 'hard delete in the middle of a suspend', kind: 'hard_delete', goal: 'gone', interrupts: 'suspend' },
];

/** What a line in front of a server can do. */
const LINE_FAULTS = [
  'refuses',
  'stalls',
  'is slow',
  'is 10 s slow',
  'is narrow',
  'is cut in the middle of a call',
  'loses replies',
  'delivers late',
  'is a black hole',
  ...ANSWERS,
] as const;
const PROCESS_FAULTS = [
  'worker killed',
  'second worker, then the first killed',
  'worker frozen while another takes over',
  'worker loses its lock session',
  'clock of the worker jumps',
  'API killed between commit and start',
  'API killed between request and answer',
] as const;
export type LineFault = (typeof LINE_FAULTS)[number];
export type ProcessFault = (typeof PROCESS_FAULTS)[number];
export type FaultKind = LineFault | ProcessFault;
export const FAULTS: readonly FaultKind[] = [...LINE_FAULTS, ...PROCESS_FAULTS];

export const isOfLine = (kind: FaultKind): kind is LineFault => (LINE_FAULTS as readonly string[]).includes(kind);
const isAnswer = (kind: FaultKind): kind is AnswerKind => (ANSWERS as readonly string[]).includes(kind);
/** Whose line takes which fault. */
const serversOf = (kind: FaultKind): readonly FaultyServer[] =>
  isAnswer(kind) ? FAULTY_SERVERS.filter((it) => it !== 'temporal') : FAULTY_SERVERS;

/** When a fault begins, by the log of the operation. */
const MOMENTS = [
  'before it is requested',
  'once it is accepted',
  'once it has begun',
  'once a backend is done',
  'once three are done',
] as const;
export type Moment = (typeof MOMENTS)[number];

export interface Fault {
  kind: FaultKind;
  /** Whose line it is; absent for a fault of a process. */
  server?: FaultyServer;
  moment: Moment;
  /** How long it lasts, in ms. */
  lastsMs: number;
  /** How many pieces of each connection pass unhurt; of faults that have no such number it chooses the form. */
  after: number;
}

/** One tenant's part: the first fault is there to meet them all, the others are chance. */
export interface Case {
  number: number;
  operation: Operation;
  /** When an operation that interrupts another one is requested. */
  interruptedAt: Moment;
  faults: readonly Fault[];
}

const faultInWords = ({ kind, server, moment, lastsMs, after }: Fault): string =>
  `${server === undefined ? kind : `the line to ${server} ${kind}`}, ${moment}, for ${lastsMs} ms, after ${after}`;
export const inWords = ({ number, operation, faults }: Case): string =>
  `#${number} ${operation.name}: ${faults.map(faultInWords).join('; ')}`;

/**
 * Where a fault happens: at one place there is one at a time. Worker and API start by way of Temporal and the master
 * database.
 */
export const PLACES = [...BACKEND_KINDS, 'core', 'lock', 'clock'] as const;
export type Place = (typeof PLACES)[number];
export function placeOf({ kind, server }: Pick<Fault, 'kind' | 'server'>): Place {
  if (kind === 'worker loses its lock session') return 'lock';
  if (kind === 'clock of the worker jumps') return 'clock';
  return server === undefined || server === 'temporal' || server === 'master' ? 'core' : server;
}

/** How many cases meet every fault with every operation. */
export const systematicOf = (kinds: readonly FaultKind[]): number => kinds.length * OPERATIONS.length;

/**
 * So many cases; the first of them meet every fault with every operation and every line fault with every server that
 * takes it, all later ones and all further faults are chance. The same seed gives the same plan.
 * @param kinds what the first fault of each case is taken from
 */
export function planOf(seed: number, tenants: number, kinds: readonly FaultKind[] = FAULTS): Case[] {
  const random = randomOf(seed);
  // So that few tenants meet others each time.
  const [shift, turn] = [random.below(OPERATIONS.length), random.below(kinds.length)];
  return Array.from({ length: tenants }, (_, number): Case => {
    const [round, place] = [Math.floor(number / kinds.length), number % kinds.length];
    const isSystematic = number < systematicOf(kinds);
    const kind = isSystematic ? at(kinds, place + turn) : random.oneOf(kinds);
    const servers = serversOf(kind);
    const server = isSystematic ? at(servers, round + place) : random.oneOf(servers);
    const operation = isSystematic ? at(OPERATIONS, round + place + shift) : random.oneOf(OPERATIONS);
    const first = faultOf(kind, server, random, isSystematic ? surelyMet(operation) : MOMENTS);
    return {
      number,
      operation,
      interruptedAt: at(['once it has begun', 'once a backend is done'], first.after),
      faults: [first, ...furtherOf(first, random)],
    };
  });
}

/** The cases in rounds of a size. */
export const roundsOf = (cases: readonly Case[], size: number): Case[][] =>
  Array.from({ length: Math.ceil(cases.length / size) }, (_, round) => cases.slice(round * size, (round + 1) * size));

/** One or two more, oftener two, at places of their own. */
function furtherOf(first: Fault, random: Random): Fault[] {
  const further: Fault[] = [];
  for (const wanted = random.below(4) === 0 ? 1 : 2; further.length < wanted;) {
    const kind = random.oneOf(FAULTS);
    const one = faultOf(kind, random.oneOf(serversOf(kind)), random);
    if ([first, ...further].every((it) => placeOf(it) !== placeOf(one))) further.push(one);
  }
  return further;
}

/** The moments that no operation has ended by; one that changes nothing at the backends is over at once. */
const surelyMet = ({ kind, goal }: Operation): readonly Moment[] =>
  MOMENTS.slice(0, kind === 'restore' && goal === 'suspended' ? 1 : 3);

/**
 * Long enough that calls meet it: a reply comes no sooner than after 10 s, a call is repeated after a second or two.
 */
const LONGER_MS: Readonly<Partial<Record<FaultKind, number>>> = {
  'is 10 s slow': 11_000,
  'worker frozen while another takes over': 6_000,
  'clock of the worker jumps': 2_000,
};

function faultOf(kind: FaultKind, server: FaultyServer, random: Random, moments: readonly Moment[] = MOMENTS): Fault {
  const chance = {
    moment: random.oneOf(moments),
    lastsMs: 500 + random.below(3_500) + (LONGER_MS[kind] ?? 0),
    after: random.below(13),
  };
  // These are about the request itself.
  if (kind.startsWith('API')) return { kind, ...chance, moment: 'before it is requested' };
  return { kind, ...(isOfLine(kind) ? { server } : {}), ...chance };
}

const at = <T>(all: readonly T[], place: number): T => all[place % all.length] as T;
