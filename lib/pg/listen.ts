import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ErrorTolerantClient } from './error-tolerant-client';

/** As `add_event` in the master database notifies it. */
const CHANNEL = 'freeflow_events';
const TIMEOUT_MS = 5_000;
/** How often a session is asked whether it is still there: a peer that vanished closes nothing. */
const PING_MS = 15_000;
/** The first pause before a session is opened again, each further one is longer, up to the longest: in ms. */
const RECONNECT_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const END_MS = 1_000;

interface ListenOptions {
  applicationName: string;
  /** Called with each notification, and after each connect: what came before it was not notified. */
  onNews: () => void;
  /** Called with the cause where there is no session to be had, or it has failed. */
  onLost: (cause: unknown) => void;
  signal: AbortSignal;
}

/** Listens for events of the master database on one session, opened again whenever it is lost, until it is aborted. */
export async function listen(url: string, { applicationName, onNews, onLost, signal }: ListenOptions): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    const onOpen = () => {
      failures = 0;
      onNews();
    };
    await listenOnce(url, { applicationName, onNews, onOpen, signal }).catch(
      (cause: unknown) => signal.aborted || onLost(cause),
    );
    await pause(Math.min(RECONNECT_MS * 2 ** failures, LONGEST_PAUSE_MS), signal);
  }
}

async function listenOnce(
  url: string,
  { applicationName, onNews, onOpen, signal }: Omit<ListenOptions, 'onLost'> & { onOpen: () => void },
): Promise<void> {
  const socket = new Socket();
  const client = new ErrorTolerantClient({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    keepAlive: true,
    application_name: applicationName,
    stream: () => socket,
  });
  const lost = new Promise<void>((resolve) => client.once('end', resolve));
  client.on('notification', onNews);
  try {
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    onOpen();
    for (;;) {
      await Promise.race([lost, pause(PING_MS, signal)]);
      if (signal.aborted) return;
      // Fails where the session is lost.
      await client.query('SELECT 1');
    }
  } finally {
    await Promise.race([client.end().catch(() => undefined), delay(END_MS, undefined, { ref: false })]);
    socket.destroy();
  }
}

/** Also over when the signal is given. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);
