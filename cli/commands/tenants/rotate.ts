import {
  BACKEND_KINDS,
  DEFAULT_OVERLAP_S,
  LONGEST_OVERLAP_S,
  OPERATION_REQUESTS,
  type BackendKind,
} from '@freeflow/contract';
import { parseDuration } from '@freeflow/lib/config';
import { type Command, Option } from 'commander';
import { EXIT, Failure } from '../../failure';
import { addFollowOptions } from './change';
import { followToEnd, type FollowOptions } from './follow-to-end';
import { type Host, toolsOf } from './tools';

interface RotateOptions extends FollowOptions {
  backend?: BackendKind;
  overlap: string;
  now?: boolean;
}

/** Adds `rotate`, which gives a tenant new credentials. */
export function addRotate(tenants: Command, { env, end }: Host): void {
  const { summary } = OPERATION_REQUESTS.rotate;
  addFollowOptions(tenants.command('rotate'))
    .description(summary.charAt(0).toLowerCase() + summary.slice(1))
    .argument('<tenant>', 'name or id')
    .addOption(new Option('--backend <backend>', 'only there').choices(BACKEND_KINDS))
    .addOption(
      new Option('--overlap <time>', 'how long the credentials before stay valid: 30m, 12h, 7d').default(
        `${DEFAULT_OVERLAP_S / 60}m`,
      ),
    )
    .option('--now', 'end them at once, with their sessions: when they have leaked')
    .addHelpText(
      'after',
      `
The new ones: freeflow tenants connect NAME, which says until when those before work.

Examples:
  pnpm freeflow tenants rotate acme
  pnpm freeflow tenants rotate acme --backend postgres --overlap 12h
  pnpm freeflow tenants rotate acme --now`,
    )
    .action(async (tenant: string, { backend, overlap, now = false, ...options }: RotateOptions) => {
      const overlapSeconds = now ? 0 : readOverlap(overlap);
      const tools = toolsOf(options, env);
      const { id } = await tools.tenants.find(tenant);
      const rotation = { overlapSeconds, ...(backend === undefined ? {} : { backend }) };
      end(await followToEnd(tools, await tools.tenants.rotate(id, rotation), options));
    });
}

/** In seconds. @throws Failure */
function readOverlap(text: string): number {
  const seconds = (parseDuration(text) ?? 0) / 1_000;
  if (seconds >= 1 && seconds <= LONGEST_OVERLAP_S) return seconds;
  throw new Failure(
    EXIT.usage,
    `--overlap ${text} is no time up to ${LONGEST_OVERLAP_S / 86_400}d.`,
    'Write 30m, 12h or 7d; --now for none at all.',
  );
}
