import { appOwner } from './app/app';
import { freeflow } from './app/freeflow';
import { messageOf } from './files';
import { INTERRUPTED, listenForShutdown } from './foreground';
import { startProduct } from './product';
import { readDir } from './product-options';
import { createProgress } from './progress';

const { env } = process;
const dir = readDir(
  'npm run demo --',
  'Shows a life of a tenant, with a backend that fails on the way; starts the product for it where it does not run.',
);
const progress = createProgress(process.stdout);
const shutdown = listenForShutdown(
  (text) => {
    progress.note(text);
  },
  (code) => {
    process.exit(code);
  },
);

/** The demonstration, on the product as it runs here; where it doesn't, it is started for this and ended afterwards. */
async function main(): Promise<number> {
  try {
    if (appOwner(dir) === undefined) await startProduct({ dir, env, progress, shutdown });
    return (await freeflow(['demo'], { dir, env, signal: shutdown.signal })).code;
  } catch (error) {
    if (shutdown.signal.aborted) return INTERRUPTED;
    console.error(messageOf(error));
    return 1;
  } finally {
    await shutdown.stop();
  }
}

void main().then((code) => {
  process.exit(code);
});
