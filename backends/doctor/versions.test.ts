import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { SUPPORTED_VERSIONS } from '../../test/support/supported-versions';
import { type SupportedVersions, versionFinding } from './versions';

const versionsOf = (title: string): SupportedVersions => {
  const versions = SUPPORTED_VERSIONS[title];
  if (versions === undefined) throw new Error(`no versions of ${title}`);
  return versions;
};

test.each<[string, string, string, RegExp]>([
  ['postgres', '18.4 (Debian 18.4-1)', 'ok', /^18\.4$/],
  ['postgres', '17.2', 'warn', /^17\.2: not among the versions tested \(18\)/],
  ['postgres', '15.18', 'fail', /^15\.18: CREATEROLE/],
  ['postgres', '180.1', 'warn', /^180\.1/],
  ['mongodb', '6.0.5', 'ok', /^6\.0\.5: tested, but past its end of life; in production use 7\.0 or 8\.0$/],
  ['mongodb', '8.0.17', 'ok', /^8\.0\.17: supported; tested on 6\.0$/],
  ['mongodb', '5.0.3', 'warn', /tested \(6\.0\)/],
  ['mongodb', '4.2.1', 'fail', /driver/],
  ['qdrant', '1.9.0', 'fail', /metadata/],
  ['qdrant', '1.19.0', 'warn', /tested \(1\.16\)/],
  ['keycloak', '26.7.4', 'ok', /./],
  ['temporal', '1.32.0-154.7', 'ok', /./],
  ['postgres', '16', 'warn', /tested \(18\)/],
  ['postgres', '15.99', 'fail', /^15\.99: CREATEROLE/],
  ['qdrant', '2', 'warn', /tested \(1\.16\)/],
  ['temporal', 'unknown', 'warn', /not among/],
  ['node', '20.19.9', 'fail', /./],
  ['node', '22.17.1', 'fail', /./],
  ['node', '23.1.0', 'warn', /tested \(24\)/],
  ['node', '24.1.0', 'ok', /^24\.1\.0$/],
  ['node', '26.10.0', 'ok', /^26\.10\.0: supported; tested on 24$/],
])('%s %s: %s', (server, version, status, seen) => {
  expect(versionFinding(versionsOf(server), version)).toMatchObject({ status, seen: expect.stringMatching(seen) });
});

test('the oldest Node is that of package.json', () => {
  const { engines } = JSON.parse(readFileSync(path.join(projectRoot(), 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  expect(`>=${versionsOf('node').least?.version}`).toBe(engines.node);
});
