import { Problem } from '../errors';
import type { EventStream } from './event-stream';

/** How many streams may be open at a time, in one process; 0: any number. */
export interface StreamLimits {
  mostStreams: number;
  mostOfOnePrincipal: number;
}

/** How soon it is worth to ask again, in s: a stream ends when somebody leaves, or with its token. */
const RETRY_AFTER_S = 30;

/**
 * Each stream keeps a socket, and what its reader leaves unread: whoever may read at all could otherwise open as many
 * as an API can bear, for as long as a token lives.
 * @throws Problem `too-many-streams`
 */
export function assertRoom(
  streams: ReadonlySet<EventStream>,
  principal: string,
  { mostStreams, mostOfOnePrincipal }: StreamLimits,
): void {
  const own = [...streams].filter((it) => it.principal === principal).length;
  if (mostOfOnePrincipal > 0 && own >= mostOfOnePrincipal)
    throw tooMany(`Its principal has ${own} streams of events open, which is as many as it may have.`);
  if (mostStreams > 0 && streams.size >= mostStreams)
    throw tooMany(`This process of the API has ${streams.size} streams of events open, which is as many as it takes.`);
}

const tooMany = (detail: string): Problem =>
  new Problem('too-many-streams', detail, { headers: { 'retry-after': String(RETRY_AFTER_S) } });
