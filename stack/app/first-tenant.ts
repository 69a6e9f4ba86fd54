import pc from 'picocolors';
import { z } from 'zod';
import { freeflow } from './freeflow';

const FIRST = 'acme';
const page = z.object({ items: z.array(z.unknown()) });

/**
 * Makes a first tenant where there has never been one, each step shown as it happens.
 * @param tell is given one line at a time
 */
export async function makeFirstTenant(
  dir: string,
  env: NodeJS.ProcessEnv,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { code, stdout } = await freeflow(['tenants', 'list', '--gone', '--limit', '1', '--json'], {
    dir,
    env,
    signal,
    quietly: true,
  });
  if (code !== 0 || page.parse(JSON.parse(stdout)).items.length > 0) return;
  tell(`\nThere is no tenant yet, so ${pc.bold(FIRST)} is made: freeflow tenants create ${FIRST}`);
  await freeflow(['tenants', 'create', FIRST], { dir, env, signal });
}
