import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a line does to the pieces that pass on it; `after`: so many of each connection's pieces pass unhurt first. */
export type Trouble =
  | { kind: 'delay'; ms: number }
  | { kind: 'throttle'; bytesPerSecond: number }
  /** Cut where a request comes, which the server never sees. */
  | { kind: 'cut-requests'; after: number }
  /** Cut where a reply comes: the server has done it, and the client is never told. */
  | { kind: 'drop-replies'; after: number }
  /** Takes everything, passes nothing on and says nothing; cut once the trouble is over, for what it took is lost. */
  | { kind: 'black-hole' };

/** A port in front of a server that can be shut and opened again, for one house alone. */
export interface TcpProxy {
  port: number;
  /** Cuts all connections and refuses new ones. */
  shut(): void;
  open(): void;
  /** Takes connections, passes nothing on and answers nothing, for this long; what came in meanwhile is passed on then. */
  stall(ms: number): void;
  /** Cuts all connections, so that whoever goes on needs a new one; new ones are taken. */
  renew(): void;
  /** Troubles all connections, those that are open as well; nothing: no more trouble. */
  trouble(it?: Trouble): void;
  close(): Promise<void>;
}

/** One connection, as far as the trouble of the day counts what passes on it. */
interface Line {
  from: Socket;
  counted: number;
  by: Trouble | undefined;
  hasLost: boolean;
}

export async function startProxy(host: string, port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const lines = new Set<Line>();
  let isShut = false;
  let stalledUntil = 0;
  let trouble: Trouble | undefined;

  /** Whether the piece is to be passed on. */
  const passes = async (line: Line, isReply: boolean, { length }: Buffer): Promise<boolean> => {
    const now = trouble;
    if (now === undefined) return true;
    switch (now.kind) {
      case 'delay':
        await delay(now.ms);
        return true;
      case 'throttle':
        await delay((length / now.bytesPerSecond) * 1000);
        return true;
      case 'black-hole':
        line.hasLost = true;
        return false;
      case 'cut-requests':
      case 'drop-replies': {
        if (isReply !== (now.kind === 'drop-replies')) return true;
        if (line.by !== now) Object.assign(line, { by: now, counted: 0 });
        if (line.counted++ < now.after) return true;
        line.from.destroy();
        return false;
      }
    }
  };

  const passOn = (line: Line, source: Socket, sink: Socket, isReply: boolean) => {
    source.on('data', (piece) => {
      source.pause();
      void passes(line, isReply, piece).then((isPassed) => {
        if (isPassed && !sink.write(piece)) sink.once('drain', () => source.resume());
        else source.resume();
      });
    });
    source.on('end', () => sink.end());
    source.resume();
  };

  const server = createServer((from) => {
    if (isShut) return void from.destroy();
    const to = connect(port, host);
    const line: Line = { from, counted: 0, by: undefined, hasLost: false };
    lines.add(line);
    for (const socket of [from, to]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        lines.delete(line);
        from.destroy();
        to.destroy();
      });
    }
    from.pause();
    setTimeout(() => {
      passOn(line, from, to, false);
      passOn(line, to, from, true);
    }, Math.max(0, stalledUntil - Date.now()));
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
      if (it === undefined) lines.forEach(({ hasLost, from }) => hasLost && from.destroy());
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
