import { setTimeout as delay } from 'node:timers/promises';
import {
  appliesBlueprint,
  BACKEND_STEP_NAMES,
  OPERATIONS,
  RECORD_STEP_NAMES,
  type RecordStepName,
  type StatusOperationKind,
} from '@freeflow/contract';
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Begun } from '../../activities/begin';
import { createHolds } from './holds';

export interface Call {
  activity: string;
  input: Record<string, unknown> & { tenantId: string };
  at: number;
}

/** A step in the master database that is slow: every attempt but the last fails after its time. */
export interface SlowRecord {
  step: RecordStepName;
  /** How long each attempt takes, the first one first; those after them are quick. */
  attemptsMs: readonly number[];
}

export type Patience = Extract<Begun, { verdict: 'go' }>['patience'];

/** What is told the fake steps about one tenant. */
interface Told {
  kind: StatusOperationKind;
  /** What its first step finds, besides the ordinary. */
  begun: Partial<Begun>;
  slow: { step: RecordStepName; leftMs: number[] };
}

/** Activities that only say whether they were done, and what tells them so. */
export function createFakeActivities(patience: Partial<Patience> = {}) {
  const calls: Call[] = [];
  const failing = new Set<string>();
  const failingForGood = new Set<string>();
  const returning = new Map<string, unknown>([
    ['continue-operation', { isOver: false }],
    ['begin-adoption', { tenantName: 'fake', requestedBy: 'a test' }],
  ]);
  const told = new Map<string, Partial<Told>>();
  const holds = createHolds();

  const note = (activity: string, input: Call['input']) => void calls.push({ activity, input, at: performance.now() });

  const atBackend = (step: string) => async (input: Call['input']) => {
    note(step, input);
    await whileAlive(holds.wait(step));
    if (failingForGood.has(step)) throw failureForGood(step);
    if (failing.has(step)) throw failureThatMayPass(step);
    return doFollowing(step, input);
  };

  /** The steps after it that neither fail nor are held are done along with it. */
  const doFollowing = (step: string, input: Call['input']): string[] => {
    const done: string[] = [];
    for (const verb of (input['followedBy'] ?? []) as readonly string[]) {
      const next = step.replace(/[^.]+$/, verb);
      if (cancellationSignal().aborted || failing.has(next) || failingForGood.has(next) || holds.isHeld(next)) break;
      note(next, input);
      done.push(next);
    }
    return done;
  };

  const whileSlow = async (step: string, tenantId: string) => {
    const slow = told.get(tenantId)?.slow;
    const tookMs = slow?.step === step ? slow.leftMs.shift() : undefined;
    if (tookMs === undefined) return;
    await delay(tookMs);
    if (slow?.leftMs.length !== 0)
      throw ApplicationFailure.create({ type: 'master-database', message: `${step} took too long` });
  };

  const recorded = (step: string) => async (input: Call['input']) => {
    note(step, input);
    await whileSlow(step, input.tenantId);
    return returning.get(step);
  };

  const begin = async (input: Call['input']): Promise<Begun> => {
    note('begin', input);
    await whileSlow('begin', input.tenantId);
    const { kind = 'create', begun } = told.get(input.tenantId) ?? {};
    return { ...ordinaryBegin(kind, patience), ...begun } as Begun;
  };

  /** Of no tenant. */
  const sweep = async () => {
    note('sweep', { tenantId: 'none' });
    await whileAlive(holds.wait('sweep'));
    return { started: 0 };
  };

  const activities = {
    ...Object.fromEntries(BACKEND_STEP_NAMES.map((step) => [step, atBackend(step)])),
    ...Object.fromEntries(RECORD_STEP_NAMES.map((step) => [step, recorded(step)])),
    begin,
    sweep,
  };
  return { activities, calls, failing, failingForGood, returning, told, holds };
}

function ordinaryBegin(kind: StatusOperationKind, patience: Partial<Patience>): Begun {
  return {
    verdict: 'go',
    tenantName: 'fake',
    kind,
    goal: OPERATIONS[kind].goals[0],
    touchesBackends: true,
    patience: { patienceMs: 0, parkedRetryMs: 1, ...patience },
    ...(appliesBlueprint(kind) ? { appliesBlueprint: true } : {}),
  };
}

const failureForGood = (step: string): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'foreign-resource',
    message: `${step} fails for good`,
    nonRetryable: true,
    details: [{ advice: 'Look.' }],
  });

const failureThatMayPass = (step: string): ApplicationFailure =>
  ApplicationFailure.create({ type: 'unreachable', message: `${step} fails`, details: [{ advice: 'Wait.' }] });

/** Goes on reporting that the attempt is alive, so that it is not given up for dead while it is held. */
async function whileAlive(held: Promise<unknown>): Promise<void> {
  const reporting = setInterval(() => heartbeat(), 500);
  await held;
  clearInterval(reporting);
}
