const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does what must not be cut short: a signal that would end the process, such as Ctrl-C, does so once it is over. Where
 * others listen for the signal, what it does is theirs to decide, as ever.
 */
export async function uninterrupted<T>(work: () => Promise<T>): Promise<T> {
  let given: NodeJS.Signals | undefined;
  const note = (signal: NodeJS.Signals) => {
    given = signal;
  };
  for (const signal of SIGNALS) process.on(signal, note);
  try {
    return await work();
  } finally {
    for (const signal of SIGNALS) process.off(signal, note);
    if (given !== undefined && process.listenerCount(given) === 0) process.kill(process.pid, given);
  }
}
