import {
  BACKEND_KINDS,
  rowOf,
  workflowIdOf,
  type Answer,
  type BackendKind,
  type BackendVerb,
  type ParkedStep,
  type StatusOperationKind,
} from '@freeflow/contract';
import { openFakeOperations, type FakeOperations } from '../test/support/fake-operations';
import { sampleOf } from '../test/support/sample';
import { until } from '../test/support/until';

// In which order parked steps are answered, and when an operator cancels: decided by the workflows alone. Parked steps
// are tried again by nobody but the tests.
let fake: FakeOperations;
beforeAll(async () => {
  fake = await openFakeOperations({ patience: { parkedRetryMs: 3_600_000 } });
});
afterEach(() => {
  fake.failing.clear();
  fake.failingForGood.clear();
  fake.releaseAll();
});
afterAll(() => fake.close());

const handleOf = (id: string) => fake.operator.client.workflow.getHandle(workflowIdOf(id));
const answer = (id: string, more: Omit<Answer, 'by'>) =>
  handleOf(id).executeUpdate<string[], [Answer]>('answer', { args: [{ by: 'on-call', ...more }] });
const parkedSteps = (id: string) => (fake.callsOf(id, 'park').at(-1)?.input['steps'] ?? []) as ParkedStep[];
const isParked = (id: string, ...steps: string[]) =>
  until(`${steps.join(', ')} are parked`, async () =>
    steps.every((step) => parkedSteps(id).some((it) => it.step === step)),
  );
const attemptsAt = (id: string, step: string) => fake.callsOf(id, step).length;
const allOf = (verb: BackendVerb) => BACKEND_KINDS.map((backend) => `${backend}.${verb}`);

/** An operation that stands at PostgreSQL and Qdrant, at the same step; `failed`: what it is undone for. */
interface Standing {
  what: string;
  kind: StatusOperationKind;
  verb: BackendVerb;
  failed?: string;
  /** The step that ends it. */
  last: string;
}

const FORWARD: Standing[] = [
  { what: 'a create', kind: 'create', verb: 'create', last: 'activate' },
  { what: 'a suspend', kind: 'suspend', verb: 'disable', last: 'suspend' },
];
const SKIPPABLE: Standing[] = [
  { what: 'a deletion', kind: 'hard_delete', verb: 'drop', last: 'mark-gone' },
  { what: 'the undo of a create', kind: 'create', verb: 'drop', failed: 'keycloak.create', last: 'mark-gone' },
  {
    what: 'the undo of a suspend',
    kind: 'suspend',
    verb: 'enable',
    failed: 'keycloak.disable',
    last: 'restore-status',
  },
  { what: 'the undo of a resume', kind: 'resume', verb: 'disable', failed: 'keycloak.enable', last: 'restore-status' },
];

/** So many of them, side by side. */
async function standAtBoth({ kind, verb, failed }: Standing, count: number): Promise<string[]> {
  const steps = [`postgres.${verb}`, `qdrant.${verb}`];
  // What fails for good undoes an operation on its way forward; an undo or a deletion is parked at once by it.
  const isForward = failed === undefined && kind !== 'hard_delete';
  for (const it of steps) (isForward ? fake.failing : fake.failingForGood).add(it);
  if (failed !== undefined) fake.failingForGood.add(failed);
  const ids = await Promise.all(Array.from({ length: count }, () => fake.start(kind)));
  for (const id of ids) await isParked(id, ...steps);
  fake.failing.clear();
  fake.failingForGood.clear();
  return ids;
}

const outcomeOf = ({ failed }: Standing): unknown =>
  failed === undefined ? expect.not.stringMatching(/rolled back/) : `rolled back: ${failed}: ${failed} fails for good`;

const ORDERS: [string, (BackendKind | undefined)[]][] = [
  ['the first, then the second', ['postgres', 'qdrant']],
  ['the second, then the first', ['qdrant', 'postgres']],
  ['both at once', [undefined]],
];

const SKIPS = [
  ['qdrant', 'postgres'],
  ['postgres', 'qdrant'],
] as const;

/** Which operation it is makes no difference to the code: in the short form one forward, a deletion, and an undo. */
const SHORT_FORM = ['a suspend', 'a deletion', 'the undo of a create'];

describe.each(sampleOf([...FORWARD, ...SKIPPABLE], ({ what }) => SHORT_FORM.includes(what)))(
  '$what parked at two steps',
  (standing) => {
    const { verb, last } = standing;
    const skips = SKIPPABLE.includes(standing) ? SKIPS : [];
    let stuck: string[];
    beforeAll(async () => {
      stuck = await standAtBoth(standing, ORDERS.length + skips.length);
    });
    const next = () => stuck.pop() ?? '';

    test.each(ORDERS)('and retried: %s', async (_, order) => {
      const id = next();
      for (const [at, backend] of order.entries()) {
        const others = order.slice(at + 1).map((it) => `${it}.${verb}`);
        const before = others.map((it) => attemptsAt(id, it));
        const step = backend === undefined ? undefined : `${backend}.${verb}`;
        const attempts = step === undefined ? 0 : attemptsAt(id, step);
        expect(await answer(id, { action: 'retry', ...(step === undefined ? {} : { step }) })).toHaveLength(
          step === undefined ? 2 : 1,
        );
        if (step !== undefined) await until('it is tried', async () => attemptsAt(id, step) > attempts);
        // The other one still stands, until it is answered itself.
        expect(others.map((it) => attemptsAt(id, it))).toEqual(before);
      }
      expect(await fake.outcomeOf(id)).toEqual(outcomeOf(standing));
      expect(fake.stepsOf(id).at(-1)).toBe(last);
      expect(fake.callsOf(id, last).at(-1)?.input['skipped'] ?? {}).toEqual({});
    });

    for (const [skipped, retried] of skips)
      test(`${skipped} skipped, ${retried} retried: what was skipped is named, and tried no more`, async () => {
        const id = next();
        const attempts = attemptsAt(id, `${skipped}.${verb}`);
        expect(await answer(id, { action: 'skip', step: `${skipped}.${verb}`, reason: 'lost' })).toEqual([
          `${skipped}.${verb}`,
        ]);
        expect(await answer(id, { action: 'retry', step: `${retried}.${verb}` })).toEqual([`${retried}.${verb}`]);
        await fake.outcomeOf(id);
        expect(fake.callsOf(id, last).at(-1)?.input).toMatchObject({ skipped: { [`${skipped}.${verb}`]: 'lost' } });
        expect(attemptsAt(id, `${skipped}.${verb}`)).toBe(attempts);
      });
  },
);

describe('a step that somebody told to go on', () => {
  /** So often it is tried then. */
  const ANSWERED_ATTEMPTS = 4;
  const standAtOne = async () => {
    fake.failing.add('postgres.create');
    const id = await fake.start('create');
    await isParked(id, 'postgres.create');
    return { id, attempts: attemptsAt(id, 'postgres.create') };
  };

  test('rides out a hiccup: it needs no second answer', async () => {
    const { id, attempts } = await standAtOne();
    await answer(id, { action: 'retry' });
    await until('it has failed again', async () => attemptsAt(id, 'postgres.create') > attempts);
    fake.failing.clear();
    expect(await fake.outcomeOf(id)).toBe('fake is active');
  });

  test('waits again where it was in vain: an answer never counts for a later pause', async () => {
    const { id, attempts } = await standAtOne();
    const parkIdOf = () => parkedSteps(id).find((it) => it.step === 'postgres.create')?.parkId;
    const first = parkIdOf();
    await answer(id, { action: 'retry' });
    await until('it waits anew', async () => parkIdOf() !== undefined && parkIdOf() !== first);
    expect(attemptsAt(id, 'postgres.create')).toBe(attempts + ANSWERED_ATTEMPTS);
    expect(await answer(id, { action: 'abort' })).toEqual(['postgres.create']);
    expect(await fake.outcomeOf(id)).toMatch(/^rolled back: postgres\.create: aborted by on-call/);
  });
});

/** When an operation with this verb is cancelled; Keycloak is the one that holds it up. */
const MOMENTS: Record<string, (kind: StatusOperationKind, step: string) => Promise<string>> = {
  'when it has just begun': async (kind, step) => {
    const release = fake.hold();
    const id = await fake.start(kind);
    await until('it has begun', async () => attemptsAt(id, step) > 0);
    await handleOf(id).cancel();
    release();
    return id;
  },
  'when all but one step are done': async (kind, step) => {
    const release = fake.holdStep(step);
    const id = await fake.start(kind);
    await until('three are done', async () => {
      const { events } = await handleOf(id).fetchHistory();
      return (events ?? []).filter((it) => it.activityTaskCompletedEventAttributes).length >= 3;
    });
    await handleOf(id).cancel();
    release();
    return id;
  },
  'while a step is tried again': async (kind, step) => {
    fake.failing.add(step);
    const id = await fake.start(kind);
    await until('it has failed', async () => attemptsAt(id, step) > 1);
    await handleOf(id).cancel();
    fake.failing.delete(step);
    return id;
  },
  'while a step is parked': async (kind, step) => {
    fake.failing.add(step);
    const id = await fake.start(kind);
    await isParked(id, step);
    fake.failing.delete(step);
    await handleOf(id).cancel();
    return id;
  },
};

/** Those go side by side of which none is undone by what fails at the other. */
const SIDE_BY_SIDE: [names: string, kinds: StatusOperationKind[]][] = [
  ['a create and a suspend', ['create', 'suspend']],
  ['a resume', ['resume']],
];

describe.each(sampleOf(SIDE_BY_SIDE, ([, kinds]) => kinds.includes('create')))(
  '%s, cancelled by an operator',
  (_names, all) => {
    const kinds = all.map((kind) => {
      const { forward, undo } = rowOf(kind);
      return {
        kind,
        step: `keycloak.${forward[0]}`,
        held: [`postgres.${undo?.verb}`, `qdrant.${undo?.verb}`],
        undone: allOf(undo?.verb ?? 'drop').sort(),
        last: undo?.then,
      };
    });
    const undoneSteps = (id: string, undone: readonly string[]) => {
      const steps = fake.stepsOf(id);
      return steps.slice(steps.indexOf('start-rollback') + 1).filter((it) => undone.includes(it));
    };

    test.each(Object.keys(MOMENTS))('%s, is rolled back', async (moment) => {
      await Promise.all(
        kinds.map(async ({ kind, step, undone, last }) => {
          const id = (await MOMENTS[moment]?.(kind, step)) ?? '';
          expect(await fake.outcomeOf(id)).toBe('rolled back: cancelled: cancelled by an operator');
          expect(undoneSteps(id, undone).sort()).toEqual(undone);
          expect(fake.stepsOf(id).at(-1)).toBe(last);
        }),
      );
    });

    test.each(kinds)('$kind: while it is being undone already, goes on with that to its end', async (of) => {
      const { kind, step, held, undone, last } = of;
      for (const it of [step, ...held]) fake.failingForGood.add(it);
      const id = await fake.start(kind);
      await isParked(id, ...held);
      await handleOf(id).cancel();
      fake.failingForGood.clear();
      await answer(id, { action: 'retry' });
      expect(await fake.outcomeOf(id)).toBe(`rolled back: ${step}: ${step} fails for good`);
      expect([...new Set(undoneSteps(id, undone))].sort()).toEqual(undone);
      expect(fake.stepsOf(id).at(-1)).toBe(last);
    });
  },
);
