import { connect, createServer, type Socket } from 'node:net';

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
  close(): Promise<void>;
}

export async function startProxy(host: string, port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isShut = false;
  let stalledUntil = 0;
  const server = createServer((from) => {
    if (isShut) return void from.destroy();
    const to = connect(port, host);
    for (const socket of [from, to]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        from.destroy();
        to.destroy();
      });
    }
    from.pause();
    setTimeout(() => {
      from.pipe(to);
      to.pipe(from);
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
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
