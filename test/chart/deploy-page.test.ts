import { parse } from 'yaml';
import { textOf } from '../support/documents';
import { valuesFile } from './helm';

interface Refs {
  secretRefs: Record<string, { secret: { name: string; key?: string } }>;
}

test('the Secrets that docs/deploy.md makes are those that minimal.yaml refers to', () => {
  const page = textOf('docs/deploy.md').replaceAll(/\\\n\s*/g, '');
  const made = [...page.matchAll(/create secret generic (\S+)(.*)/g)].flatMap(([, name = '', rest = '']) =>
    [...rest.matchAll(/--from-literal=(\w+)=/g)].map(([, key]) => `${name} ${key}`),
  );
  const { api, worker, migrate } = parse(valuesFile('minimal')) as Record<'api' | 'worker' | 'migrate', Refs>;
  const named = [api, worker, migrate].flatMap(({ secretRefs }) =>
    Object.entries(secretRefs).map(([variable, { secret }]) => `${secret.name} ${secret.key ?? variable}`),
  );
  expect(named.length).toBeGreaterThan(8);
  expect(made.toSorted()).toEqual(named.toSorted());
});
