import { openFaultyHouse, type FaultyHouse, type FaultyServer } from '../faulty-house';
import type { Running } from '../house';
import { gateFor } from '../pooled';
import { LINE_FAULTS, type Case, type LineFault, type ProcessFault } from './plan';
import { patient } from './patient';

/** Everything mends by itself soon after a fault. */
const IMPATIENT = { STEP_PATIENCE_MS: '1500', PARKED_RETRY_MS: '2000', KEYCLOAK_CONCURRENCY: '4' };
const BYTES_PER_SECOND = 2_000;
const SLOW_MS = 300;

/** A fault and where it is. */
export type Troubled = Pick<Case, 'fault' | 'server' | 'after' | 'lastsMs'>;

/** A house that is troubled from all sides, one trouble at a time at each. */
export interface World {
  house: FaultyHouse;
  /** Does `during` while the fault may be begun and ended; others of the same place wait. */
  alone<T>(of: Troubled, during: () => Promise<T>): Promise<T>;
  begin(of: Troubled): Promise<void>;
  end(of: Troubled): Promise<void>;
  /** Whether the worker that is to be there runs still. */
  hasWorker(): boolean;
  close(): Promise<void>;
}

interface Fault {
  begin(of: Troubled): Promise<void> | void;
  end(of: Troubled): Promise<void> | void;
}

export async function openWorld(env: Record<string, string> = {}): Promise<World> {
  const house = patient(await openFaultyHouse(false));
  const startWorker = (more: Record<string, string> = {}) => house.startWorker({ ...IMPATIENT, ...env, ...more });
  let worker: Running = await startWorker();
  const restartApi = async () => void (await house.startApi());

  const lines: Record<LineFault, (proxy: FaultyHouse['proxies'][FaultyServer], of: Troubled) => void> = {
    refuses: (proxy) => { proxy.shut(); },
    stalls: (proxy, { lastsMs }) => { proxy.stall(lastsMs); proxy.renew(); },
    'is slow': (proxy) => { proxy.trouble({ kind: 'delay', ms: SLOW_MS }); },
    'is narrow': (proxy) => { proxy.trouble({ kind: 'throttle', bytesPerSecond: BYTES_PER_SECOND }); },
    'is cut in the middle of a call': (proxy, { after }) => { proxy.trouble({ kind: 'cut-requests', after }); },
    'loses replies': (proxy, { after }) => { proxy.trouble({ kind: 'drop-replies', after }); },
    'is a black hole': (proxy) => { proxy.trouble({ kind: 'black-hole' }); },
  };
  const onLine = (fault: LineFault): Fault => ({
    begin: (of) => { lines[fault](house.proxies[of.server], of); },
    end: ({ server }) => { house.proxies[server].open(); house.proxies[server].trouble(); },
  });
  const processes: Record<ProcessFault, Fault> = {
    'worker killed': { begin: () => worker.stop('SIGKILL'), end: async () => { worker = await startWorker(); } },
    'second worker, then the first killed': {
      begin: () => undefined,
      end: async () => {
        const first = worker;
        worker = await startWorker({ WORKER_HEALTH_PORT: '0' });
        await first.stop('SIGKILL');
      },
    },
    // It commits and reaches no Temporal, and is killed before that changes.
    'API killed between commit and start': {
      begin: () => { house.proxies.temporal.shut(); },
      end: async () => { await house.api().stop('SIGKILL'); house.proxies.temporal.open(); await restartApi(); },
    },
    'API killed between request and answer': {
      begin: ({ after }) => { setTimeout(() => void house.api().stop('SIGKILL'), after * 3); },
      end: async () => { await house.api().stop('SIGKILL'); await restartApi(); },
    },
  };
  const faults: Record<Case['fault'], Fault> = {
    ...(Object.fromEntries(LINE_FAULTS.map((it) => [it, onLine(it)])) as Record<LineFault, Fault>),
    ...processes,
  };
  // Worker and API start by way of Temporal and the master database: these wait for each other.
  const gates = new Map(['postgres', 'mongodb', 'qdrant', 'keycloak', 'core'].map((it) => [it, gateFor(1)]));
  const gateOf = ({ fault, server }: Troubled) => gates.get(fault in processes || server === 'temporal' || server === 'master' ? 'core' : server) ?? gateFor(1);
  return {
    house,
    alone: (of, during) => gateOf(of)(during),
    begin: async (of) => faults[of.fault].begin(of),
    end: async (of) => faults[of.fault].end(of),
    hasWorker: () => worker.process.exitCode === null && worker.process.signalCode === null,
    close: () => house.close(),
  };
}
