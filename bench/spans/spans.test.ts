import type { CreateSeen } from './create-seen';
import { tablesOf } from './tables';
import { timelineOf } from './timeline';
import { labelOf } from './watch-requests';

/**
 * A create of 100 ms that was committed at 1,000: begin in the first workflow task, one step at a backend with two
 * calls.
 */
const create: CreateSeen = {
  tookMs: 100,
  acceptedMs: 7,
  requestedAt: 1_000,
  tasks: [
    { kind: 'workflow', name: 'workflow task', scheduledAt: 1_005, startedAt: 1_006, completedAt: 1_016 },
    { kind: 'activity', name: 'qdrant.create', scheduledAt: 1_016, startedAt: 1_018, completedAt: 1_080 },
    { kind: 'workflow', name: 'workflow task', scheduledAt: 1_080, startedAt: 1_082, completedAt: 1_095 },
  ],
  calls: [
    call('master', 'transaction', 'begin', 1_007, 1_012),
    call('master', 'INSERT INTO', 'qdrant.create', 1_019, 1_022),
    call('qdrant', 'PUT /collections/…', 'qdrant.create', 1_025, 1_065),
  ],
  steps: [{ step: 'qdrant.create', durationMs: 60 }],
};

function call(
  server: CreateSeen['calls'][number]['server'],
  label: string,
  activity: string,
  startedAt: number,
  endedAt: number,
): CreateSeen['calls'][number] {
  return { server, label, workflowId: 'tenant-1', activity, startedAt, endedAt };
}

const middleOf = (title: string, label: string): number | undefined =>
  tablesOf([create])
    .find((it) => it.title === title)
    ?.rows.find((it) => it.label.startsWith(label))?.p50;

test('a create is told apart into waiting and work, and by its calls', () => {
  const stages = 'A create by its stages';
  expect(middleOf(stages, 'all of it')).toBe(100);
  expect(middleOf(stages, 'POST')).toBe(7);
  expect(middleOf(stages, 'commit until')).toBe(5);
  expect(middleOf(stages, 'workflow tasks: waiting')).toBe(3);
  expect(middleOf(stages, 'workflow tasks: at work')).toBe(23);
  expect(middleOf(stages, 'activities: waiting')).toBe(2);
  expect(middleOf('Calls to each server, summed', 'master')).toBe(8);
  expect(middleOf('Calls to each server, counted', 'master')).toBe(2);
  expect(middleOf('Steps, by the log', 'qdrant.create')).toBe(60);
});

test('the longest calls come first', () => {
  const longest = tablesOf([create]).find(({ title }) => title.startsWith('The longest calls'));
  expect(longest?.rows.map(({ label, p50 }) => `${label} ${p50}`)).toEqual([
    'qdrant: PUT /collections/… 40',
    'master: transaction 5',
    'master: INSERT INTO 3',
  ]);
});

test('a timeline begins at the commit and has calls below their activity, those of local activities below the workflow tasks', () => {
  const { title, spans } = timelineOf(create);
  expect(title).toBe('One create of 100 ms');
  expect([...new Set(spans.map(({ lane }) => lane))]).toEqual([
    'workflow tasks',
    'workflow tasks: calls',
    'qdrant.create',
    'qdrant.create: calls',
  ]);
  expect(spans.find(({ label }) => label === 'qdrant')).toMatchObject({ startMs: 25, endMs: 65 });
  expect(spans.filter(({ lane }) => lane === 'workflow tasks: calls')).toHaveLength(1);
});

test.each([
  [
    'PUT',
    '/admin/realms/freeflow-pool-0068b46d6fdf/users/8f7deae8-fa3a-56e3-a2d7-637e303bf904/reset-password',
    'PUT /admin/realms/…/users/…/reset-password',
  ],
  ['PUT', '/collections/freeflow_bench0123456789_vectors/points?wait=true', 'PUT /collections/…/points'],
  ['POST', '/collections/freeflow_registry/points/scroll', 'POST /collections/freeflow_registry/points/scroll'],
])('requests of two tenants have one label: %s %s', (method, path, label) => {
  expect(labelOf({ method, path })).toBe(label);
});
