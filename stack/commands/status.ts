import type { StackInfo } from '@freeflow/contract/stack-info';
import { colours as pc } from '@freeflow/lib/colours';
import { isAlive } from '@freeflow/lib/lock';
import { logFile } from '../project';
import { SERVERS } from '../servers';
import { findStackInfo } from '../stack-info';

interface Row {
  name: string;
  state: string;
  pid: string;
  port: string;
  url: string;
  log: string;
}

const HEADINGS: Row = { name: 'SERVER', state: 'STATE', pid: 'PID', port: 'PORT', url: 'URL', log: 'LOG' };

/**
 * A table of the servers, worker and API in a folder.
 * @returns the exit code: 0 when a stack runs there, 3 when none does
 */
export function status(dir: string, print: (text: string) => void): number {
  const info = findStackInfo(dir);
  if (info === undefined) {
    print(`No stack is running in ${dir}. Start one with npm start, or the servers alone with npm run stack:start`);
    return 3;
  }
  const servers = SERVERS.filter(({ name }) => name !== 'vault' || info.vault !== undefined);
  const rows = [...servers.map(({ name, title }) => serverRow(info, name, title)), ...appRows(info)];
  for (const line of table([HEADINGS, ...rows])) print(line);
  return 0;
}

function serverRow(info: StackInfo, name: (typeof SERVERS)[number]['name'], title: string): Row {
  const url = withoutLogin(
    {
      postgres: info.postgres.url,
      mongodb: info.mongodb.url,
      qdrant: info.qdrant.url,
      keycloak: info.keycloak.url,
      temporal: info.temporal.uiUrl ?? info.temporal.address,
      vault: info.vault?.url ?? '-',
    }[name],
  );
  const process = info.processes[name];
  if (process === undefined) return { name: title, state: 'external', pid: '-', port: '-', url, log: '-' };
  return {
    name: title,
    state: isAlive(process) ? 'running' : 'restarting',
    pid: String(process.pid),
    port: String(process.port),
    url,
    log: logFile(info.dir, name),
  };
}

function appRows({ dir, api, worker, prometheus }: StackInfo): Row[] {
  const row = (name: string, title: string, url: string, pid: number | undefined): Row =>
    pid === undefined
      ? { name: title, state: 'not started', pid: '-', port: '-', url: '-', log: '-' }
      : { name: title, state: 'running', pid: String(pid), port: new URL(url).port, url, log: logFile(dir, name) };
  return [
    row('worker', 'Worker', worker.healthUrl, worker.pid),
    row('api', 'API', api.url, api.pid),
    ...(prometheus === undefined ? [] : [row('prometheus', 'Prometheus', prometheus.url, prometheus.pid)]),
  ];
}

function table(rows: readonly Row[]): string[] {
  const columns = ['name', 'state', 'pid', 'port', 'url', 'log'] as const;
  const widths = columns.map((column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row, index) => {
    const line = columns
      .map((column, at) => row[column].padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
    return index === 0 ? pc.dim(line) : line;
  });
}

/** A URL without user and password, fit for a screen. */
const withoutLogin = (url: string): string => url.replace(/\/\/[^@/]*@/, '//').replace(/\?.*$/, '');
