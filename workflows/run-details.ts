import { runbookAnchor, type StepFailure } from '@freeflow/contract';
import type { WaitingStep } from './next-move';

interface RunSeen {
  /** `create acme` */
  title: string;
  state: string;
  rollbackReason: StepFailure | undefined;
  waiting: readonly [string, WaitingStep][];
  done: readonly string[];
  canRollBack: boolean;
}

/** The run in Markdown, for the Temporal UI: paragraphs and flat lists, as it shows nested ones in one line. */
export function describeRun({ title, state, rollbackReason, waiting, done, canRollBack }: RunSeen): string {
  const isParked = waiting.some(([, { park }]) => park !== undefined);
  const answers = canRollBack ? 'retry or abort' : 'retry or skip';
  return [
    `**${title}**: ${state.replace('_', ' ')}${isParked ? `, waits for an answer: ${answers}` : ''}`,
    ...(rollbackReason === undefined
      ? []
      : [`Rolled back because of **${rollbackReason.step}**: ${rollbackReason.cause}`]),
    ...(done.length === 0 ? [] : [`Done: ${done.map((step) => `\`${step}\``).join(', ')}`]),
    ...waiting.map(describeStep),
  ].join('\n\n');
}

function describeStep([step, { cause, advice, rounds, failedSince, park }]: [string, WaitingStep]): string {
  const how =
    park === undefined ? 'is tried again' : `is parked since ${timeOf(park.since)}, and tried again by itself`;
  return [
    `**${step}** ${how}\n`,
    `- Fails since ${timeOf(failedSince)}, round ${rounds}`,
    `- Cause: ${cause}`,
    `- What to do: ${advice}`,
    `- This step: ${runbookAnchor(step)}`,
  ].join('\n');
}

/** Seconds are enough for people. */
const timeOf = (ms: number): string =>
  new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
