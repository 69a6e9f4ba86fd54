import { BACKEND_KINDS } from '@freeflow/contract';
import type { Activities } from '../../activities';
import type { StepInput } from '../../activities/attempt';
import type { Backend, Target } from '../../backends/backend';
import { backendsOf, createDependencies } from '../../worker/dependencies';
import { runWorker } from '../../worker/run-worker';
import { Orders } from './orders';
import { SCENARIOS, type Point } from './points';

// The real worker, but for this: an activity that comes to an ordered point stays there, and once all ordered points
// are reached the process kills itself. So one death hits many tenants, each at a point of its own.
const orders = new Orders(process.env['KILL_FOLDER'] ?? '.');

const STEPS = new Set(SCENARIOS.flatMap(({ points }) => points.map((it) => it.step)));
const isOfBackend = (step: string) => BACKEND_KINDS.some((kind) => step.startsWith(`${kind}.`));

async function pass(tenantId: string, step: string, moment: Point['moment']): Promise<void> {
  const order = { tenantId, step, moment };
  if (!orders.isGiven(order)) return;
  if (orders.note(order)) process.kill(process.pid, 'SIGKILL');
  await new Promise(() => undefined);
}

const deadly =
  <A extends unknown[], R>(step: string, tenantOf: (...args: A) => string, act: (...args: A) => Promise<R>) =>
  async (...args: A): Promise<R> => {
    await pass(tenantOf(...args), step, 'before');
    const result = await act(...args);
    await pass(tenantOf(...args), step, 'after');
    return result;
  };

/** The backend itself; the calls that are points are guarded. */
function deadlyBackend(backend: Backend): Backend {
  return new Proxy(backend, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const call = value.bind(target) as (target: Target, ...rest: unknown[]) => Promise<unknown>;
      const step = `${target.kind}.${String(name)}`;
      return STEPS.has(step) ? deadly(step, ({ tenantId }: Target) => tenantId, call) : call;
    },
  });
}

function deadlyRecord(activities: Activities): Activities {
  const guarded = [...STEPS]
    .filter((step) => !isOfBackend(step))
    .map((step) => {
      const act = activities[step as keyof Activities] as (input: StepInput) => Promise<unknown>;
      return [step, deadly(step, ({ tenantId }: StepInput) => tenantId, act)] as const;
    });
  return { ...activities, ...Object.fromEntries(guarded) };
}

runWorker(process.env, (config, client) => {
  const { activities, close } = createDependencies(config, client, backendsOf(config).map(deadlyBackend));
  return { activities: deadlyRecord(activities), close };
}).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
