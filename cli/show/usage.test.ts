import type { UsageBody } from '@freeflow/contract/http';
import { nearTable, usageTable } from './usage';

const measuredAt = new Date().toISOString();
const size = { measure: 'size', value: 1_048_576, limit: 1_048_576, percent: 100 } as const;
const connections = { measure: 'connections', value: 1, limit: null, percent: null } as const;
const usage: UsageBody = {
  id: '6f0c1d5e-8a34-4b7e-9a51-2f1f0f0c7b11',
  name: 'acme',
  plan: 'free',
  backends: [{ backend: 'postgres', plan: 'free', measuredAt, measures: [size, connections] }],
};

test('what a tenant uses has a line for each measure; who is near a limit one for each of those limits', () => {
  expect(usageTable(usage, undefined)).toMatch(/postgres +size +1\.0 MB +1\.0 MB +100 %[^\n]*\n.*connections +1 /);
  expect(usageTable({ ...usage, backends: [] }, undefined)).toContain('freeflow reconcile');
  const [backend] = usage.backends;
  if (backend === undefined) throw new Error('there is none');
  const near = { items: [{ ...backend, id: usage.id, name: 'acme', percent: 100 }], isComplete: true };
  expect(nearTable(near, undefined).split('\n')).toEqual([
    expect.stringMatching(/^TENANT/),
    expect.stringMatching(/^acme +postgres +size/),
  ]);
});
