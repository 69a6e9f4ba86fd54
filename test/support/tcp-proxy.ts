import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a line does to the pieces that pass on it; `after`: so many of each connection's pieces pass unhurt first. */
type Trouble =
  | { kind: 'delay'; ms: number; only?: 'replies' }
  | { kind: 'throttle'; bytesPerSecond: number }
  /** Cut where a request comes, which the server never sees. */
  | { kind: 'cut-requests'; after: number }
  /** Cut where a reply comes: the server has done it, and the client is never told. */
  | { kind: 'drop-replies'; after: number }
  /**
   * Cut where a request comes, which reaches the server this much later all the same: when the client has given it up.
   * So many times in all.
   */
  | { kind: 'deliver-late'; after: number; ms: number; times: number }
  /** Answered in the server's name; what was answered is not passed on. */
  | { kind: 'answer'; by: Answerer }
  /** Takes everything, passes nothing on and says nothing; cut once the trouble is over, for what it took is lost. */
  | { kind: 'black-hole' };

/**
 * What is said to a request: a reply, after which the connection may end; nothing yet, for it isn't whole; or it is
 * passed on.
 */
type Answer = { reply: Buffer; isLast?: boolean } | 'more' | 'pass';
export type Answerer = (request: Buffer, line: { lastReply: Buffer }) => Answer;

/** A port in front of a server that can be shut and opened again, for one installation alone. */
export interface TcpProxy {
  port: number;
  /** Cuts all connections and refuses new ones. */
  shut(): void;
  open(): void;
  /**
   * Takes connections, passes nothing on and answers nothing, for this long; what came in meanwhile is passed on then.
   */
  stall(ms: number): void;
  /** Cuts all connections, so that a client needs a new one to go on; new ones are accepted. */
  renew(): void;
  /** Troubles all connections, those that are open as well; nothing: no more trouble. */
  trouble(it?: Trouble): void;
  close(): Promise<void>;
}

/** One connection, as far as the trouble of the day counts what passes on it. */
interface Line {
  from: Socket;
  to: Socket;
  /** What came last from the server. */
  lastReply: Buffer;
  /** The beginning of a request that isn't whole. */
  request: Buffer;
  counted: number;
  by: Trouble | undefined;
  hasLost: boolean;
  /** Whether what came last is yet to be delivered. */
  isLate: boolean;
}

const NOTHING = Buffer.alloc(0);
const TOGETHER_MS = 20;
/** A server that gets a request late has this long for it before its client is gone for it as well. */
const REPLIES_WITHIN_MS = 3_000;

export async function startProxy(host: string, port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const lines = new Set<Line>();
  let isShut = false;
  let stalledUntil = 0;
  let trouble: Trouble | undefined;
  /** How many requests the trouble of the day has held back. */
  let lateOnes = 0;

  /** What is to be passed on when this piece comes, if anything. */
  const passThrough = async (line: Line, isReply: boolean, piece: Buffer): Promise<Buffer | undefined> => {
    if (isReply) line.lastReply = piece;
    const now = trouble;
    if (now === undefined) return piece;
    switch (now.kind) {
      case 'delay':
        if (isReply || now.only !== 'replies') await delay(now.ms);
        return piece;
      case 'throttle':
        await delay((piece.length / now.bytesPerSecond) * 1000);
        return piece;
      case 'black-hole':
        line.hasLost = true;
        return undefined;
      case 'answer':
        return isReply ? piece : answerInstead(line, piece, now.by);
      case 'cut-requests':
      case 'drop-replies':
      case 'deliver-late': {
        if (isReply !== (now.kind === 'drop-replies')) return piece;
        if (line.by !== now) Object.assign(line, { by: now, counted: 0 });
        if (line.counted++ < now.after) return piece;
        if (now.kind !== 'deliver-late') line.from.destroy();
        else if (line.isLate || lateOnes++ < now.times) deliverLate(line, piece, now.ms);
        else return piece;
        return undefined;
      }
    }
  };

  /**
   * What comes together belongs together: headers and body are two pieces. Then the client is cut, and the server gets
   * all of it late.
   */
  const deliverLate = (line: Line, piece: Buffer, ms: number) => {
    line.request = Buffer.concat([line.request, piece]);
    if (line.isLate) return;
    line.isLate = true;
    setTimeout(() => line.from.destroy(), TOGETHER_MS);
    setTimeout(() => line.to.write(line.request), ms);
    setTimeout(() => line.to.destroy(), ms + REPLIES_WITHIN_MS);
  };

  const answerInstead = (line: Line, piece: Buffer, by: Answerer): Buffer | undefined => {
    const request = Buffer.concat([line.request, piece]);
    const answer = by(request, line);
    line.hasLost = answer === 'more';
    line.request = line.hasLost ? request : NOTHING;
    if (answer === 'pass') return request;
    if (answer === 'more') return undefined;
    line.from.write(answer.reply);
    if (answer.isLast === true) line.from.end();
    return undefined;
  };

  const passOn = (line: Line, source: Socket, sink: Socket, isReply: boolean) => {
    source.on('data', (piece) => {
      source.pause();
      void passThrough(line, isReply, piece).then((all) => {
        if (all !== undefined && !sink.write(all)) sink.once('drain', () => source.resume());
        else source.resume();
      });
    });
    source.on('end', () => sink.end());
    source.resume();
  };

  const server = createServer((from) => {
    if (isShut) return void from.destroy();
    const to = connect(port, host);
    const line: Line = {
      from,
      to,
      lastReply: NOTHING,
      request: NOTHING,
      counted: 0,
      by: undefined,
      hasLost: false,
      isLate: false,
    };
    lines.add(line);
    for (const socket of [from, to]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        lines.delete(line);
        from.destroy();
        if (!line.isLate) to.destroy();
        clearTimeout(stalled);
      });
    }
    from.pause();
    const stalled = setTimeout(
      () => {
        passOn(line, from, to, false);
        passOn(line, to, from, true);
      },
      Math.max(0, stalledUntil - Date.now()),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const cut = () => sockets.forEach((it) => it.destroy());
  return {
    port: address.port,
    shut: () => {
      isShut = true;
      cut();
    },
    open: () => {
      isShut = false;
    },
    renew: cut,
    stall: (ms) => {
      stalledUntil = Date.now() + ms;
    },
    trouble: (it) => {
      trouble = it;
      lateOnes = 0;
      if (it === undefined) lines.forEach(({ hasLost, from }) => hasLost && from.destroy());
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
