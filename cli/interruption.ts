import { EXIT } from './failure';

/** npm passes on the Ctrl-C that the terminal has sent to this process as well: within so long it is the same one. */
const SAME_MS = 400;

/**
 * Takes Ctrl-C while a command does what it can end in its own way. At a second one the process ends at once.
 * @param onSecond cleans up before
 * @returns what stops listening
 */
export function onInterrupt(interrupted: AbortController, onSecond: () => void): () => void {
  let firstAt: number | undefined;
  const listen = () => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      interrupted.abort();
    } else if (performance.now() - firstAt > SAME_MS) {
      onSecond();
      process.exit(EXIT.interrupted);
    }
  };
  // Not `once`: the spinner's clean-up ends the process when it finds itself the only listener.
  process.on('SIGINT', listen);
  return () => {
    process.off('SIGINT', listen);
  };
}
