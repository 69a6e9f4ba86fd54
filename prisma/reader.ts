import { hostname, userInfo } from 'node:os';

/** Who runs this process and where, as far as the machine says: proven by nothing. */
export function readerHere(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A container may run under a number that has no name.
    return `${process.getuid?.() ?? 'unknown'}@${hostname()}`;
  }
}
