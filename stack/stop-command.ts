import { quoteShellIfNeeded } from '@freeflow/lib/shell';
import { stackDir } from './project';

/** What ends everything in a folder, ready to paste. */
export const stopCommand = (dir: string): string =>
  `npm run stack:stop${dir === stackDir() ? '' : ` -- --dir ${quoteShellIfNeeded(dir)}`}`;
