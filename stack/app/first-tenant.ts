import { colours as pc } from '@freeflow/lib/colours';
import { z } from 'zod';
import { freeflow } from './freeflow';

const FIRST = 'acme';
const page = z.object({ items: z.array(z.unknown()) });

/**
 * Creates a first tenant where there has never been one, showing each step as it happens.
 * @param print is called with one line at a time
 */
export async function createFirstTenant(
  dir: string,
  env: NodeJS.ProcessEnv,
  print: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { code, stdout } = await freeflow(['tenants', 'list', '--gone', '--limit', '1', '--json'], {
    dir,
    env,
    signal,
    quietly: true,
  });
  if (code !== 0 || page.parse(JSON.parse(stdout)).items.length > 0) return;
  print(`\nThere is no tenant yet; creating ${pc.bold(FIRST)}: freeflow tenants create ${FIRST}`);
  await freeflow(['tenants', 'create', FIRST], { dir, env, signal });
}
