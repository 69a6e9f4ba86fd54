import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { readPlans } from './index';

let file: string;
beforeEach(() => {
  file = path.join(mkdtempSync(path.join(tmpdir(), 'freeflow-plans-')), 'plans.yaml');
});
afterEach(() => rmSync(path.dirname(file), { recursive: true }));

function refusalOf(text: string): string[] {
  writeFileSync(file, text);
  try {
    readPlans(file);
    return [];
  } catch (error) {
    return (error as Error).message.replaceAll(`${file}:`, '').split('\n');
  }
}

test('without a file there are no plans', () => {
  expect(readPlans(undefined).size).toBe(0);
});

test('the example that is delivered is right', () => {
  const plans = readPlans(path.join(projectRoot(), 'deploy', 'plans.example.yaml'));
  expect([...plans.keys()]).toEqual(['free', 'pro']);
  expect(plans.get('free')).toMatchObject({
    postgres: { connections: 5, statementTimeout: 30_000, tempFiles: 256 * 1024 ** 2 },
    keycloak: { sessionMax: 36_000_000 },
  });
});

test.each([
  ['plans: {}', []],
  ['plans:\n  free: {}', []],
  ['{"plans":{"free":{"title":"Free"}}}', []],
  [
    'plans:\n  free:\n    postgres:\n      connections: many\n      statementTimeout: 30\n      workmem: 1MB',
    [
      '4:7: plans.free.postgres.connections: must be a whole number, 1 to 100000',
      '5:7: plans.free.postgres.statementTimeout: must be a whole number with ms, s, min, h or d, 1ms to 24d',
      '6:7: plans.free.postgres.workmem: is not a known field',
    ],
  ],
  [
    'plans:\n  pro: { postgres: { workMem: 1kB }, keycloak: { accessToken: 0s } }',
    [
      expect.stringMatching(/^2:22: plans\.pro\.postgres\.workMem: must be .* 64kB to 1TB$/),
      expect.stringMatching(/^2:50: plans\.pro\.keycloak\.accessToken: must be /),
    ],
  ],
  [
    'plans:\n  Free: {}',
    ['2:3: plans.Free: must be 1 to 30 lower-case letters, digits and -, and begin with a letter'],
  ],
  ['plan: {}', ['1:1: plans: is missing', '1:1: plan: is not a known field']],
])('%s', (text, said) => {
  expect(refusalOf(text)).toEqual(said);
});

test('a file that is not there is named', () => {
  expect(() => readPlans('/no/such/plans.yaml')).toThrow(
    "PLANS_FILE names a file that can't be read: /no/such/plans.yaml (ENOENT)",
  );
});
