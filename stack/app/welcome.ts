import { relative } from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { colours as pc } from '@freeflow/lib/colours';
import { quoteShellIfNeeded } from '@freeflow/lib/shell';
import { findOnPath } from '../fetch/on-path';
import { projectRoot, stackDir } from '../project';
import { stopCommand } from '../stop-command';

/** Where everything is, what to try first and how to stop: ready to paste into another terminal. */
export function welcome(info: StackInfo, env: NodeJS.ProcessEnv): string {
  const {
    api,
    temporal,
    keycloak,
    prometheus,
    auth: { person },
    dir,
  } = info;
  // The commands find the default folder by themselves.
  const prefix =
    dir === stackDir() ? '' : `FREEFLOW_STACK_DIR=${quoteShellIfNeeded(relative(projectRoot(), dir) || dir)} `;
  // In a form that works here: pnpm is shorter, npm is always there.
  const freeflow = `${prefix}${findOnPath('pnpm', env) === undefined ? 'npm run -s freeflow --' : 'pnpm -s freeflow'}`;
  const places = [
    ['Console', `${api.url}/console`],
    ['API', `${api.url}/docs`],
    ['Temporal UI', temporal.uiUrl ?? `(set TEMPORAL_UI_URL to show it; server at ${temporal.address})`],
    ['Keycloak', keycloak.url],
    ...(prometheus === undefined ? [] : [['Prometheus', `${prometheus.url}/alerts`]]),
    ['Person', `${person.username}, password ${person.password}, for the console and ${freeflow} login`],
  ];
  return [
    '',
    ...places.map(([name, url]) => `${pc.bold((name ?? '').padEnd(12))} ${url ?? ''}`),
    '',
    'Try, in another terminal:',
    `  ${freeflow} token`,
    `  curl -sS ${api.url}/tenants -H "Authorization: Bearer $(${freeflow} token)" -H 'Content-Type: application/json' -d '{"name":"globex"}'`,
    `  ${freeflow} tenants connect acme`,
    '',
    `Stop with Ctrl-C here, or with: ${stopCommand(dir)}`,
  ].join('\n');
}
