import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { BACKEND } from './backend';
import { FLEET } from './fleet';
import { OPERATION } from './operation';
import { buildDashboard } from './panels';

export const DASHBOARDS = [FLEET, BACKEND, OPERATION];

/** The files that Grafana imports, each with its text. */
export const dashboardFiles = (): { file: string; text: string }[] =>
  DASHBOARDS.map((it) => ({
    file: path.join(projectRoot(), 'deploy', 'dashboards', `${it.uid.replace('freeflow-', '')}.json`),
    text: `${JSON.stringify(buildDashboard(it), null, 2)}\n`,
  }));
