import { setTimeout as delay } from 'node:timers/promises';
import {
  OPEN_STATES,
  BACKEND_KINDS,
  OPERATION_REQUESTS,
  type BackendKind,
  type OperationGoal,
} from '@freeflow/contract';
import fc from 'fast-check';
import { tenantOf, type Tenant } from '../support/tenants';
import { until } from '../support/until';
import type { ChaosEnvironment } from './environment';
import { kindOf, type Asked, type Model } from './model';
import type { LineFault } from './plan';

/** The tenant that the commands are about. */
export interface Real {
  environment: ChaosEnvironment;
  id: string;
  /** Which faults have begun and not ended. */
  faults: Map<BackendKind, LineFault>;
}

type Command = fc.AsyncCommand<Model, Real>;

const command = (name: string, run: (model: Model, real: Real) => Promise<unknown>): Command => ({
  check: () => true,
  run: async (model, real) => {
    await run(model, real);
  },
  toString: () => name,
});

const OPEN: readonly string[] = OPEN_STATES;
const isOpen = ({ operation }: Tenant): boolean => OPEN.includes(operation.state);
export const standingOf = ({ goneAt, status }: Tenant): OperationGoal =>
  goneAt === null ? (status as OperationGoal) : 'gone';

const asks = (action: Asked): Command =>
  command(action, async (model, { environment: { installation }, id }) => {
    const before = await tenantOf(installation, id);
    const { method, path, query } = OPERATION_REQUESTS[action];
    const { status, body } = await installation.request(
      method,
      `${path.replace(':id', id)}${query === undefined ? '' : `?${new URLSearchParams(query).toString()}`}`,
    );
    if (status !== 202) return model.refused(action, String(body.code));
    const { operation } = body as unknown as Tenant;
    model.accepted(
      action,
      OPEN.includes(operation.state) && operation.kind === kindOf(action) && operation.id !== before.operation.id,
    );
  });

const answers = (action: 'retry' | 'abort'): Command =>
  command(action, async (model, { environment: { installation }, id }) => {
    const { status, text } = await installation.request(
      'POST',
      `/tenants/${id}/${action}`,
      action === 'abort' ? { reason: 'chance' } : undefined,
    );
    if (status === 202 && action === 'abort') model.noteAborted();
    if (![202, 404, 409].includes(status)) throw new Error(`${action} answered ${status}: ${text}`);
  });

const faultOf = (server: BackendKind, kind: LineFault) => ({ server, kind, after: 3, lastsMs: 2_000 });

const troubles = (server: BackendKind, fault: LineFault): Command =>
  command(`${server} ${fault}`, async (_, { environment, faults }) => {
    if (faults.has(server)) return;
    faults.set(server, fault);
    await environment.begin(faultOf(server, fault));
  });

/** Ends all faults. */
export async function calm({ environment, faults }: Real): Promise<void> {
  for (const [server, fault] of faults) await environment.end(faultOf(server, fault));
  faults.clear();
}

const KILL = { kind: 'worker killed', after: 0, lastsMs: 0 } as const;

/** Waits until nothing is in progress, and tells the model. */
export async function ends(
  model: Model,
  { environment: { installation }, id }: Real,
  timeoutMs: number,
): Promise<Tenant> {
  const tenant = await until(
    `the operation on ${id} has ended`,
    async () => {
      const it = await tenantOf(installation, id);
      return isOpen(it) ? undefined : it;
    },
    timeoutMs,
  );
  model.ended(standingOf(tenant));
  return tenant;
}

const BROKEN = [
  'refuses',
  'loses replies',
  'is cut in the middle of a call',
  'delivers late',
  'is a black hole',
  'answers 500',
  'answers 429',
  'says its disk is full',
] as const satisfies readonly LineFault[];
const WAITS_MS = 8_000;

const sometimes = (weight: number, arbitrary: fc.Arbitrary<Command>) => ({ weight, arbitrary });

/**
 * So many commands in a row; that something is requested, broken or waited for is likelier than that all is repaired.
 */
export const commands = (minLength: number, maxLength: number): fc.Arbitrary<Command[]> =>
  fc.noBias(
    fc.array(
      fc.oneof(
        sometimes(4, fc.constantFrom<Asked>('suspend', 'resume', 'soft_delete', 'restore').map(asks)),
        sometimes(1, fc.constantFrom<Asked>('hard_delete', 'hard_delete_forced').map(asks)),
        sometimes(2, fc.constantFrom<'retry' | 'abort'>('retry', 'abort').map(answers)),
        sometimes(
          3,
          fc
            .tuple(fc.constantFrom(...BACKEND_KINDS), fc.constantFrom(...BROKEN))
            .map(([server, fault]) => troubles(server, fault)),
        ),
        sometimes(1, fc.constant(command('calm', (_, real) => calm(real)))),
        sometimes(
          1,
          fc.constant(
            command('worker killed', async (_, { environment }) => {
              await environment.begin(KILL);
              await environment.end(KILL);
            }),
          ),
        ),
        sometimes(2, fc.constant(command('a moment', () => delay(1_500)))),
        sometimes(3, fc.constant(command('wait', waits))),
      ),
      { minLength, maxLength, size: 'max' },
    ),
  );

/** No step waits for ever: what is parked goes on once the faults are over, or by an answer. */
const waits = (model: Model, real: Real) =>
  ends(model, real, WAITS_MS).catch((error: unknown) => {
    if (!/in vain/.test(String(error))) throw error;
  });
