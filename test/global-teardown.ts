import './global-setup';

/** Stops the servers if this run has started them. */
export default async function globalTeardown(): Promise<void> {
  await globalThis.freeflowTestStack?.stop();
}
