import type { Goal } from '../../activities/transitions';
import type { PlannedKind } from '../../workflows/plans';
import { FAULTY_SERVERS, type FaultyServer } from '../faulty-house';
import { randomOf, type Random } from './random';

/** What is asked of a tenant; `interrupts`: a forced deletion that comes in the middle of that. */
export interface Operation {
  name: string;
  kind: PlannedKind;
  goal: Goal;
  interrupts?: 'create' | 'suspend';
}

export const OPERATIONS: readonly Operation[] = [
  { name: 'create', kind: 'create', goal: 'active' },
  { name: 'suspend', kind: 'suspend', goal: 'suspended' },
  { name: 'resume', kind: 'resume', goal: 'active' },
  { name: 'soft delete', kind: 'soft_delete', goal: 'deleted' },
  { name: 'restore', kind: 'restore', goal: 'active' },
  { name: 'restore, to suspended', kind: 'restore', goal: 'suspended' },
  { name: 'hard delete', kind: 'hard_delete', goal: 'gone' },
  { name: 'hard delete in the middle of a create', kind: 'hard_delete', goal: 'gone', interrupts: 'create' },
  { name: 'hard delete in the middle of a suspend', kind: 'hard_delete', goal: 'gone', interrupts: 'suspend' },
];

/** What a line in front of a server can do. */
export const LINE_FAULTS = ['refuses', 'stalls', 'is slow', 'is narrow', 'is cut in the middle of a call', 'loses replies', 'is a black hole'] as const;
export const PROCESS_FAULTS = [
  'worker killed',
  'second worker, then the first killed',
  'API killed between commit and start',
  'API killed between request and answer',
] as const;
export type LineFault = (typeof LINE_FAULTS)[number];
export type ProcessFault = (typeof PROCESS_FAULTS)[number];
export const FAULTS: readonly (LineFault | ProcessFault)[] = [...LINE_FAULTS, ...PROCESS_FAULTS];

/** When the fault begins, by the log of the operation. */
export const MOMENTS = ['before it is asked for', 'once it is accepted', 'once it has begun', 'once a backend is done', 'once three are done'] as const;
export type Moment = (typeof MOMENTS)[number];

/** One tenant's part. */
export interface Case {
  number: number;
  operation: Operation;
  fault: LineFault | ProcessFault;
  /** Whose line it is. */
  server: FaultyServer;
  moment: Moment;
  /** How long the fault lasts, in ms. */
  lastsMs: number;
  /** How many pieces of each connection pass before it is cut; for a killed API how many ms it lives after the request. */
  after: number;
}

export const inWords = ({ number, operation, fault, server, moment, lastsMs, after }: Case): string =>
  `#${number} ${operation.name}: ${isOfLine(fault) ? `the line to ${server} ${fault}` : fault}, ${moment}, for ${lastsMs} ms, after ${after}`;

export const isOfLine = (fault: Case['fault']): fault is LineFault => (LINE_FAULTS as readonly string[]).includes(fault);

/**
 * Rounds of one case for each fault; the first rounds meet every fault with every operation and every line fault with
 * every server, all later ones are chance. The same seed gives the same plan.
 */
export function planOf(seed: number, tenants: number): Case[][] {
  const random = randomOf(seed);
  // So that few tenants meet others each time.
  const [shift, turn] = [random.below(OPERATIONS.length), random.below(FAULTS.length)];
  const cases = Array.from({ length: tenants }, (_, number): Case => {
    const [round, place] = [Math.floor(number / FAULTS.length), number % FAULTS.length];
    const isSystematic = round < OPERATIONS.length;
    const fault = isSystematic ? at(FAULTS, place + turn) : random.oneOf(FAULTS);
    return {
      number,
      fault,
      operation: isSystematic ? at(OPERATIONS, round + place + shift) : random.oneOf(OPERATIONS),
      server: isSystematic ? at(FAULTY_SERVERS, round + place) : random.oneOf(FAULTY_SERVERS),
      ...chanceOf(random),
    };
  });
  return Array.from({ length: Math.ceil(tenants / FAULTS.length) }, (_, round) => cases.slice(round * FAULTS.length, (round + 1) * FAULTS.length));
}

const chanceOf = (random: Random) => ({ moment: random.oneOf(MOMENTS), lastsMs: 500 + random.below(3_500), after: random.below(13) });
const at = <T>(all: readonly T[], place: number): T => all[place % all.length] as T;
