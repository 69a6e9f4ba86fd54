import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../stack/project';
import { replay } from '../test/support/replay';
import * as registered from './index';

const FOLDER = path.join(__dirname, 'histories');
const histories = Object.fromEntries(
  readdirSync(FOLDER).map((file) => [file, readFileSync(path.join(FOLDER, file), 'utf8')]),
);

/** Short, and requested again when they fail: their half-way state does not matter. */
const OF_NO_TENANT = ['sweepOperations', 'reconcile', 'dropOrphan', 'revealCredentials', 'keepPool', 'upgradeFleet'];

test('there is a history of every workflow of a tenant', () => {
  const types = new Set(Object.values(histories).map((json) => /"workflowType":\{"name":"(\w+)"\}/.exec(json)?.[1]));
  expect(types).toEqual(new Set(Object.keys(registered).filter((it) => !OF_NO_TENANT.includes(it))));
});

test('every recorded history replays with the workflows as they are', async () => {
  expect(await replay(__dirname, histories)).toEqual([]);
});

test('two steps swapped are noticed', async () => {
  const scratch = mkdtempSync(path.join(projectRoot(), 'workflows', '.scratch-'));
  try {
    for (const file of readdirSync(__dirname).filter((it) => it.endsWith('.ts') && !it.endsWith('.test.ts')))
      cpSync(path.join(__dirname, file), path.join(scratch, file));
    const file = path.join(scratch, 'tenant-operations.ts');
    const swapped = readFileSync(file, 'utf8').replace('of verbs.entries())', 'of [...verbs.entries()].reverse())');
    expect(swapped).not.toBe(readFileSync(file, 'utf8'));
    writeFileSync(file, swapped);
    const failures = await replay(scratch, { 'create-active.json': histories['create-active.json'] ?? '' });
    expect(failures).toEqual([expect.stringContaining('Nondeterminism')]);
  } finally {
    rmSync(scratch, { recursive: true });
  }
});
