import { BACKEND_KINDS, OPERATIONS, type OperationKind } from '@freeflow/contract';
import '../support/replay';
import { openFakeOperations, type FakeOperations } from '../support/fake-operations';
import { until } from '../support/until';

let fake: FakeOperations;
beforeAll(async () => {
  // One place at each backend: all others wait in its queue.
  fake = await openFakeOperations({ slots: 1 });
});
afterAll(() => fake.close());

const handleOf = (id: string) => fake.operator.client.workflow.getHandle(`tenant-${id}`);
const isQueued = async (id: string) =>
  ((await handleOf(id).describe()).raw.pendingActivities?.length ?? 0) === BACKEND_KINDS.length;

/** In the order in which they come, those for whom nobody waits first. */
const COMING: readonly {
  name: string;
  kind: OperationKind;
  interrupts?: readonly OperationKind[];
  priority: number;
}[] = [
  ...Array.from(
    { length: 6 },
    (_, n) => ({ name: `purge ${n}`, kind: 'purge', priority: OPERATIONS.purge.priority }) as const,
  ),
  ...Array.from(
    { length: 3 },
    (_, n) => ({ name: `deletion ${n}`, kind: 'hard_delete', priority: OPERATIONS.hard_delete.priority }) as const,
  ),
  ...Array.from(
    { length: 20 },
    (_, n) => ({ name: `create ${n}`, kind: 'create', priority: OPERATIONS.create.priority }) as const,
  ),
  { name: 'restore', kind: 'restore', priority: OPERATIONS.restore.priority },
  { name: 'resume', kind: 'resume', priority: OPERATIONS.resume.priority },
  { name: 'forced deletion', kind: 'hard_delete', interrupts: ['create'], priority: 1 },
  { name: 'soft deletion', kind: 'soft_delete', priority: OPERATIONS.soft_delete.priority },
  { name: 'suspension', kind: 'suspend', priority: OPERATIONS.suspend.priority },
];

test('the queues are full, and what cuts off goes first at each backend, then what gives back, creates, deletions, purges', async () => {
  const release = fake.hold();
  const ids: string[] = [];
  for (const { kind, interrupts = [] } of COMING) {
    const id = await fake.start(kind, { interrupts });
    ids.push(id);
    // The first one has the places.
    if (ids.length === 1)
      await until(
        'it is at work everywhere',
        async () => fake.calls.filter((it) => it.activity.includes('.')).length === BACKEND_KINDS.length,
      );
  }
  for (const id of ids) await until('it waits at each backend', () => isQueued(id));
  release();
  await Promise.all(ids.map((id) => handleOf(id).result()));

  for (const backend of BACKEND_KINDS) {
    const order = [
      ...new Set(fake.calls.filter((it) => it.activity.startsWith(`${backend}.`)).map((it) => it.input.tenantId)),
    ];
    const [first, ...others] = order.map((id) => COMING[ids.indexOf(id)]);
    expect(first?.name).toBe('purge 0');
    const priorities = others.map((it) => it?.priority ?? 0);
    expect([backend, priorities]).toEqual([backend, [...priorities].sort((one, other) => one - other)]);
  }
});

test('what waits for one backend delays no other backend', async () => {
  const before = fake.calls.length;
  const release = fake.hold();
  const waiting = await Promise.all(Array.from({ length: 3 }, () => fake.start('create')));
  for (const id of waiting) await until('it waits at each backend', () => isQueued(id));
  const atWork = () =>
    fake.calls
      .slice(before)
      .filter((it) => it.activity.includes('.'))
      .map((it) => it.activity.split('.')[0]);
  // What is in the queue has yet to be taken.
  await until('one is at work at each backend', async () => atWork().length >= BACKEND_KINDS.length);
  expect(atWork()).toHaveLength(BACKEND_KINDS.length);
  expect(new Set(atWork())).toEqual(new Set(BACKEND_KINDS));
  release();
  await Promise.all(waiting.map((id) => handleOf(id).result()));
});
