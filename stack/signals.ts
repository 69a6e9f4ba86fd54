const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * npm passes on the signal that the terminal has already sent to every process, so the same one comes twice within
 * milliseconds.
 */
const SAME_SIGNAL_MS = 400;

/**
 * Calls `stop` at the first signal to end and `kill` at a second one. (close-with-grace exits at any second signal,
 * npm's echo included.)
 * @returns a function that stops listening
 */
export function onStopSignal(stop: () => void, kill: () => void): () => void {
  let firstAt: number | undefined;
  const listen = () => {
    if (firstAt === undefined) {
      firstAt = Date.now();
      stop();
    } else if (Date.now() - firstAt > SAME_SIGNAL_MS) kill();
  };
  for (const signal of SIGNALS) process.on(signal, listen);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listen);
  };
}
