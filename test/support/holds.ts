/** What keeps steps from ending until it is called off. */
export function createHolds() {
  const steps = new Map<string, Promise<void>>();
  const releases = new Set<() => void>();
  let all = Promise.resolve();

  const newHold = (onRelease: () => void = () => undefined) => {
    let resolve: () => void = () => undefined;
    const promise = new Promise<void>((it) => (resolve = it));
    const release = () => {
      releases.delete(release);
      onRelease();
      resolve();
    };
    releases.add(release);
    return { promise, release };
  };

  return {
    isHeld: (step: string): boolean => steps.has(step),
    /** Ends as soon as neither this step nor all of them are held. */
    wait: (step: string): Promise<unknown> => Promise.all([all, steps.get(step)]),
    hold: () => {
      const { promise, release } = newHold();
      all = promise;
      return release;
    },
    holdStep: (step: string) => {
      const { promise, release } = newHold(() => steps.delete(step));
      steps.set(step, promise);
      return release;
    },
    releaseAll: () => releases.forEach((release) => release()),
  };
}
