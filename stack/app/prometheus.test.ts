import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { projectRoot } from '../project';
import { findPrometheus } from './prometheus';

const folder = mkdtempSync(path.join(tmpdir(), 'freeflow-observe-'));
afterAll(() => rmSync(folder, { recursive: true }));

const info = {
  dir: folder,
  api: { url: 'http://127.0.0.1:3000' },
  worker: { healthUrl: 'http://127.0.0.1:3001', sdkMetricsUrl: 'http://127.0.0.1:3002' },
  prometheus: { url: 'http://127.0.0.1:9090' },
} as StackInfo;

/** A program of that name which says which version it is. */
function install(version: string): NodeJS.ProcessEnv {
  const program = path.join(folder, 'prometheus');
  writeFileSync(program, `#!/bin/sh\necho "prometheus, version ${version} (branch: HEAD)"\n`);
  chmodSync(program, 0o755);
  return { PATH: folder, MASTER_DATABASE_URL: 'postgresql://u:hunter22@h/m' };
}

test('where there is no Prometheus, or one too old, it says how to get one', async () => {
  await expect(findPrometheus({ PATH: '' })).rejects.toThrow(/needs Prometheus 2\.40 .* apt-get install prometheus/);
  await expect(findPrometheus(install('2.1.0'))).rejects.toThrow(/none on PATH/);
});

interface Written {
  rule_files: string[];
  scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
}

test('it scrapes API, worker and the SDK by the names that the alert rules know, and is given no credential', async () => {
  const { plan, readyUrl } = await findPrometheus(install('2.42.0+ds'));
  const { args, env } = plan(info, install('2.42.0+ds'));
  expect(args).toContain('--web.listen-address=127.0.0.1:9090');
  expect(JSON.stringify([args, env])).not.toContain('hunter22');
  expect(readyUrl(info)).toBe('http://127.0.0.1:9090/-/ready');
  const file = args.find((it) => it.startsWith('--config.file='))?.split('=')[1] ?? '';
  const { rule_files: rules, scrape_configs: jobs } = JSON.parse(readFileSync(file, 'utf8')) as Written;
  expect(rules).toEqual([path.join(projectRoot(), 'deploy/alerts/*.yaml')]);
  expect(jobs.map((it) => [it.job_name, it.static_configs[0]?.targets[0]])).toEqual([
    ['freeflow-api', '127.0.0.1:3000'],
    ['freeflow-worker', '127.0.0.1:3001'],
    ['freeflow-temporal-sdk', '127.0.0.1:3002'],
  ]);
  const ofRules = readFileSync(path.join(projectRoot(), 'deploy/alerts/processes.yaml'), 'utf8');
  const named = [...ofRules.matchAll(/up\{job="([\w-]+)"\}/g)].map(([, job]) => job);
  expect(new Set(named)).toEqual(new Set(['freeflow-api', 'freeflow-worker']));
});
