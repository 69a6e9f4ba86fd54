/**
 * Signals by which the system reports a crash. A handler for one of them returns to the instruction that failed, so
 * that the process hangs instead of ending, and takes the place of Node's own, which turns a WebAssembly trap into an
 * error.
 */
export const CRASH_SIGNALS = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] satisfies NodeJS.Signals[];
