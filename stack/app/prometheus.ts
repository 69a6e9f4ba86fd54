import { join } from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { writePrivateFile } from '@freeflow/lib/files';
import { withoutSecrets } from '../environment';
import { findInstalled } from '../fetch/on-path';
import { projectRoot } from '../project';
import { dataFolder } from '../servers/server';
import type { Part } from './parts';

/** The oldest whose rules and functions are those of deploy/alerts. */
const MINIMUM = '2.40';
const SCRAPE_EVERY = '5s';

/**
 * A Prometheus that scrapes the product and minds its alert rules.
 * @throws Error with how to get one, where there is none on PATH
 */
export async function findPrometheus(env: NodeJS.ProcessEnv): Promise<Part> {
  const program = await findInstalled('prometheus', MINIMUM, env);
  if (program === undefined)
    throw new Error(
      `--observe needs Prometheus ${MINIMUM} or newer, and there is none on PATH. Two ways out: install it (Debian, Ubuntu: apt-get install prometheus; macOS: brew install prometheus; others: https://prometheus.io/download),\n  or start without --observe and let a Prometheus of your own scrape /metrics: docs/metrics.md`,
    );
  return {
    name: 'prometheus',
    title: 'Prometheus',
    plan: (info, outer) => launchPlan(program.path, info, outer),
    readyUrl: (info) => `${prometheusUrlOf(info)}/-/ready`,
    stopWithinMs: 10_000,
  };
}

function launchPlan(command: string, info: StackInfo, env: NodeJS.ProcessEnv) {
  const data = dataFolder(info.dir, 'prometheus');
  const config = join(data, 'prometheus.yml');
  // What JSON is, YAML is too.
  writePrivateFile(config, JSON.stringify(configurationFor(info), null, 2));
  return {
    command,
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(data, 'series')}`,
      `--web.listen-address=${new URL(prometheusUrlOf(info)).host}`,
      '--log.level=warn',
    ],
    env: withoutSecrets(env),
    cwd: data,
  };
}

/** The names of the jobs are those by which deploy/alerts tells the processes apart. */
const configurationFor = ({ api, worker }: StackInfo) => ({
  global: { scrape_interval: SCRAPE_EVERY, evaluation_interval: SCRAPE_EVERY },
  rule_files: [join(projectRoot(), 'deploy', 'alerts', '*.yaml')],
  scrape_configs: [
    jobOf('freeflow-api', api.url),
    jobOf('freeflow-worker', worker.healthUrl),
    ...(worker.sdkMetricsUrl === undefined ? [] : [jobOf('freeflow-temporal-sdk', worker.sdkMetricsUrl)]),
  ],
});

const jobOf = (name: string, url: string) => ({
  job_name: name,
  static_configs: [{ targets: [new URL(url).host] }],
});

function prometheusUrlOf({ prometheus }: StackInfo): string {
  if (prometheus === undefined) throw new Error('this stack has no Prometheus');
  return prometheus.url;
}
