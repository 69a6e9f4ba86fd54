import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../stack/ports';
import {
  openFaultInjectedInstallation,
  type FaultInjectedInstallation,
  type FaultyServer,
} from '../support/fault-injected-installation';
import { databaseOf, type Running } from '../support/installation';
import { endLockSessions } from '../support/lock-sessions';
import { gateFor } from '../support/pooled';
import { EXAMPLE_BLUEPRINT, QUICK_KEYCLOAK } from '../support/sample';
import { ANSWERS, answererFor, type AnswerKind } from './answers';
import { clockOf } from './clock';
import { isOfLine, PLACES, placeOf, type Fault, type LineFault, type ProcessFault } from './plan';
import { withRetries } from './with-retries';

/** Everything recovers by itself soon after a fault. */
const IMPATIENT = { STEP_PATIENCE_MS: '1500', PARKED_RETRY_MS: '2000', KEYCLOAK_CONCURRENCY: '4', ...QUICK_KEYCLOAK };
const BYTES_PER_SECOND = 2_000;
const SLOW_MS = 300;
const VERY_SLOW_MS = 10_000;
/**
 * A request that comes late comes this late; a client's deadline for it is longer. What follows passes, and may be done
 * before it.
 */
const LATE_MS = 5_000;
const LATE_TIMES = [2, 3, 4] as const;
/** What a worker that was frozen goes on with is to be seen before it ends. */
const THAWED_MS = 2_000;

/** A fault, as far as it matters who has it. */
type Troubled = Pick<Fault, 'kind' | 'server' | 'after' | 'lastsMs'>;

/** A installation that is troubled from all sides, one trouble at a time at each. */
export interface ChaosEnvironment {
  installation: FaultInjectedInstallation;
  /** Does `during` while these faults may be begun and ended; others of the same places wait. */
  alone<T>(all: readonly Troubled[], during: () => Promise<T>): Promise<T>;
  begin(of: Troubled): Promise<void>;
  end(of: Troubled): Promise<void>;
  /** Whether the worker that is to be there runs still. */
  hasWorker(): boolean;
  close(): Promise<void>;
}

type Proxy = FaultInjectedInstallation['proxies'][FaultyServer];

interface Doing {
  begin(of: Troubled): Promise<void> | void;
  end(of: Troubled): Promise<void> | void;
}

const answers =
  (kind: AnswerKind) =>
  (proxy: Proxy, { server, after }: Troubled) => {
    proxy.trouble({ kind: 'answer', by: answererFor(server ?? 'temporal', kind, after % 2 === 0) });
  };

const LINES: Readonly<Record<LineFault, (proxy: Proxy, of: Troubled) => void>> = {
  refuses: (proxy) => {
    proxy.shut();
  },
  stalls: (proxy, { lastsMs }) => {
    proxy.stall(lastsMs);
    proxy.renew();
  },
  'is slow': (proxy) => {
    proxy.trouble({ kind: 'delay', ms: SLOW_MS });
  },
  'is 10 s slow': (proxy) => {
    proxy.trouble({ kind: 'delay', ms: VERY_SLOW_MS, only: 'replies' });
  },
  'is narrow': (proxy) => {
    proxy.trouble({ kind: 'throttle', bytesPerSecond: BYTES_PER_SECOND });
  },
  'is cut in the middle of a call': (proxy, { after }) => {
    proxy.trouble({ kind: 'cut-requests', after });
  },
  'loses replies': (proxy, { after }) => {
    proxy.trouble({ kind: 'drop-replies', after });
  },
  'delivers late': (proxy, { after }) => {
    proxy.trouble({ kind: 'deliver-late', after, ms: LATE_MS, times: LATE_TIMES[after % LATE_TIMES.length] ?? 0 });
  },
  'is a black hole': (proxy) => {
    proxy.trouble({ kind: 'black-hole' });
  },
  ...(Object.fromEntries(ANSWERS.map((kind) => [kind, answers(kind)])) as Record<
    AnswerKind,
    ReturnType<typeof answers>
  >),
};

export async function openChaosEnvironment(env: Record<string, string> = {}): Promise<ChaosEnvironment> {
  const installation = withRetries(await openFaultInjectedInstallation(false));
  const clock = clockOf(installation);
  const startWorker = (more: Record<string, string> = {}) =>
    installation.startWorker({ ...IMPATIENT, ...EXAMPLE_BLUEPRINT, ...clock.env, ...env, ...more });
  let worker: Running = await startWorker();
  let frozen: Running | undefined;
  const restartApi = async () => void (await installation.startApi());
  const secondWorker = async () => startWorker({ WORKER_HEALTH_PORT: String(await freePort()) });

  const processes: Readonly<Record<ProcessFault, Doing>> = {
    'worker killed': {
      begin: () => worker.stop('SIGKILL'),
      end: async () => {
        worker = await startWorker();
      },
    },
    'second worker, then the first killed': {
      begin: () => undefined,
      end: async () => {
        const first = worker;
        worker = await secondWorker();
        await first.stop('SIGKILL');
      },
    },
    // Temporal gives it up for dead, and its attempts to the other; then it goes on where it was.
    'worker frozen while another takes over': {
      begin: async () => {
        frozen = worker;
        frozen.process.kill('SIGSTOP');
        worker = await secondWorker();
      },
      end: async () => {
        frozen?.process.kill('SIGCONT');
        await delay(THAWED_MS);
        await frozen?.stop('SIGKILL');
      },
    },
    'worker loses its lock session': {
      begin: () => endLockSessions(installation.info, databaseOf(installation)),
      // Once more: it has got another by now.
      end: () => endLockSessions(installation.info, databaseOf(installation)),
    },
    'clock of the worker jumps': {
      begin: ({ after }) => {
        clock.set(after % 2 === 0 ? 1 : -1, worker);
      },
      end: () => {
        clock.set(0, worker);
      },
    },
    // It commits and reaches no Temporal, and is killed before that changes.
    'API killed between commit and start': {
      begin: () => {
        installation.proxies.temporal.shut();
      },
      end: async () => {
        await installation.api().stop('SIGKILL');
        installation.proxies.temporal.open();
        await restartApi();
      },
    },
    'API killed between request and answer': {
      begin: ({ after }) => {
        setTimeout(() => void installation.api().stop('SIGKILL'), after * 3);
      },
      end: async () => {
        await installation.api().stop('SIGKILL');
        await restartApi();
      },
    },
  };
  const proxyOf = ({ server }: Troubled): Proxy => installation.proxies[server ?? 'temporal'];
  const onLine: Doing = {
    begin: (of) => {
      if (isOfLine(of.kind)) LINES[of.kind](proxyOf(of), of);
    },
    end: (of) => {
      proxyOf(of).open();
      proxyOf(of).trouble();
    },
  };
  const doing = ({ kind }: Troubled): Doing => (isOfLine(kind) ? onLine : processes[kind]);
  const gates = PLACES.map((place) => ({ place, gate: gateFor(1) }));
  return {
    installation,
    // Always in the same order, or two would wait for each other.
    alone: (all, during) =>
      gates
        .filter(({ place }) => all.some((it) => placeOf(it) === place))
        .reduce(
          (inner, { gate }) =>
            () =>
              gate(inner),
          during,
        )(),
    begin: async (of) => doing(of).begin(of),
    end: async (of) => doing(of).end(of),
    hasWorker: () => worker.process.exitCode === null && worker.process.signalCode === null,
    close: () => {
      // What is frozen can't be ended.
      frozen?.process.kill('SIGCONT');
      return installation.close();
    },
  };
}
