import { CodedError } from '../errors';

/**
 * Runs a program: what it throws is printed as text, without a stack where it is one of our errors, and makes it end
 * with exit code 1 (2 when the command line is wrong).
 */
export async function runProgram(usage: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const isUsage = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
    console.error(isUsage ? `${error.message}\n\n${usage}` : describe(error));
    process.exitCode = isUsage ? 2 : 1;
  }
}

function describe(error: unknown): string {
  if (error instanceof CodedError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
