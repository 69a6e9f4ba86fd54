import { program } from 'commander';
import { messageOf } from './files';
import { joinStack, listenForEnd } from './foreground';
import { createProgress, seconds } from './progress';

program.name('stack').description('start');
program.command('start').option('--dir <dir>').action(async ({ dir }: { dir?: string }) => {
  const startedAt = Date.now();
  const progress = createProgress(process.stdout);
  const ending = listenForEnd((text) => { progress.note(text); }, (code) => { process.exit(code); });
  const joined = await joinStack({ dir: dir ?? process.env['FREEFLOW_STACK_DIR'], env: process.env, progress, signal: ending.signal });
  progress.close();
  if (joined.kind === 'running') { console.log('already running', joined.info.supervisor.pid); process.exit(0); }
  ending.onStop(joined.stack.stop);
  ending.onKill(joined.stack.killNow);
  console.log(`All servers are ready after ${seconds(startedAt)}.`);
  setInterval(() => undefined, 60_000);
  await ending.ended;
  process.exit(0);
});
program.parseAsync().catch((error: unknown) => { console.error(messageOf(error)); process.exit(1); });
