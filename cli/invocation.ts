import { quoted } from './shell';

/**
 * How this program was called, for the commands it tells people to paste: by pnpm where pnpm called it, else by npm,
 * which is there wherever Node.js is; with the folder of the stack, where it isn't the usual one.
 */
export function invocationOf(env: NodeJS.ProcessEnv): string {
  const { npm_config_user_agent: agent = '', FREEFLOW_STACK_DIR: dir = '' } = env;
  const prefix = dir === '' ? '' : `FREEFLOW_STACK_DIR=${/^[\w./-]+$/.test(dir) ? dir : quoted(dir)} `;
  return prefix + (agent.startsWith('pnpm/') ? 'pnpm freeflow' : 'npm run -s freeflow --');
}
