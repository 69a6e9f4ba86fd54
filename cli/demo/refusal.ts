import type { Demo } from '../../backends/demo';

const LONGEST = 90;

/**
 * How a server refuses an attempt; undefined when it lets one in.
 * @throws the failure itself, where it is none of the server's refusals
 */
export async function refusalBy(
  attempt: () => Promise<unknown>,
  { refusals }: Pick<Demo, 'refusals'>,
): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    const { code, status, message } = error as { code?: string | number; status?: number; message: string };
    const answer = code ?? status;
    if (answer === undefined || !refusals.includes(answer)) throw error;
    return `${message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message} (${answer})`;
  }
}
