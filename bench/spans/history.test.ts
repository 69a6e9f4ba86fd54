import { readFileSync } from 'node:fs';
import path from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { projectRoot } from '../../stack/project';
import { durationOf, tasksOf } from './history';

const history = historyFromJSON(
  JSON.parse(readFileSync(path.join(projectRoot(), 'workflows/histories/create-active.json'), 'utf8')),
);

test('a create that went well has a task for every step at a backend, each scheduled, started and completed in this order', () => {
  const tasks = tasksOf(history);
  const names = tasks.filter(({ kind }) => kind === 'activity').map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['postgres.create', 'keycloak.create']));
  expect(tasks.filter(({ kind }) => kind === 'workflow').length).toBeGreaterThan(2);
  for (const { scheduledAt, startedAt, completedAt } of tasks) {
    expect(startedAt).toBeGreaterThanOrEqual(scheduledAt);
    expect(completedAt).toBeGreaterThanOrEqual(startedAt);
  }
});

test('it took at least from the first task to the end of the last one', () => {
  const tasks = tasksOf(history);
  const [from, to] = [Math.min(...tasks.map((it) => it.scheduledAt)), Math.max(...tasks.map((it) => it.completedAt))];
  expect(to - from).toBeGreaterThan(0);
  expect(durationOf(history)).toBeGreaterThanOrEqual(to - from);
});
