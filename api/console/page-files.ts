import { existsSync } from 'node:fs';
import path from 'node:path';

/** Where `npm run build` puts the page. */
const BUILT = 'dist/console/page';

/**
 * The folder of the page, below the nearest folder around this code that has one: from a bundle, from what is
 * compiled, from the sources and in an image.
 * @returns undefined where none is built
 */
export function findPage(from: string = __dirname): string | undefined {
  const folder = path.join(from, BUILT);
  if (existsSync(path.join(folder, 'index.html'))) return folder;
  const parent = path.dirname(from);
  return parent === from ? undefined : findPage(parent);
}
