import { quoteShellIfNeeded } from '@freeflow/lib/shell';

const COMMANDS =
  /\bfreeflow (?=(?:tenants|reconcile|resources|doctor|token|setup|demo|login|logout|whoami|contexts|audit|events|apply|export)\b)/g;

/**
 * A text with its commands (`freeflow tenants show acme`) as they can be pasted: by the way this program was called.
 */
export const pastable = (text: string, freeflow: string): string => text.replaceAll(COMMANDS, `${freeflow} `);

/**
 * How this program was called, for the commands that people are to paste: as the image calls it, where it is a command
 * of its own; by pnpm where pnpm called it, else by npm, which is there wherever Node.js is; with the folder of the
 * stack, where it isn't the usual one.
 */
export function invocationOf(env: NodeJS.ProcessEnv): string {
  const { npm_config_user_agent: agent = '', FREEFLOW_STACK_DIR: dir = '', FREEFLOW_CALLED_AS: called } = env;
  const prefix = dir === '' ? '' : `FREEFLOW_STACK_DIR=${quoteShellIfNeeded(dir)} `;
  return prefix + (called ?? (agent.startsWith('pnpm/') ? 'pnpm freeflow' : 'npm run -s freeflow --'));
}
