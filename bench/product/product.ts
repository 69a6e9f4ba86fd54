import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { tenantDetailSchema } from '@freeflow/contract/http';
import type { z } from 'zod';
import { freePort } from '../../stack/ports';
import { openTestInstallation, type Running, type TestInstallation } from '../../test/support/installation';
import type { Bench } from '../run/bench';
import { removeLeftovers } from './leftovers';

type Tenant = z.output<typeof tenantDetailSchema>;

/** A tenant of the product, and how long its last operation took by the product's own record, in ms. */
export interface Done {
  id: string;
  name: string;
  tookMs: number;
}

/** Time between two looks at an operation, in ms: looking costs the product time as well. */
const LOOK_MS = 40;
/** The same where eight operations are looked at. */
export const LOOK_AT_MANY_MS = 250;

/** So that a run that nobody watches goes on with the next scenario. */
const OPERATION_TIMEOUT_MS = 600_000;

/** As the product is by default, where a test's installation has settings of its own; empty is unset. */
const DEFAULTS = { SWEEP_INTERVAL_MS: '', SETTLE_MARGIN_MS: '' };

export interface ProductOptions {
  /** The settings of its worker, where they are not the default ones. */
  worker?: Record<string, string>;
  /** The settings of its API. */
  api?: Record<string, string>;
  /** Another entry point of the worker, below dist/. */
  script?: string;
}

/**
 * The product as it was built, real processes with a master database and task queue of their own on the stack's
 * servers: its worker can be killed and given other settings, and nothing that runs beside it is touched.
 */
export class Product {
  private readonly living = new Map<string, string>();
  private workers: Running[] = [];

  private constructor(
    readonly installation: TestInstallation,
    private readonly bench: Bench,
    private readonly options: ProductOptions,
  ) {}

  static async open(bench: Bench, options: ProductOptions = {}): Promise<Product> {
    const installation = await openTestInstallation({
      info: bench.info,
      worker: false,
      api: options.api ?? {},
      timezone: 'UTC',
    });
    const product = new Product(installation, bench, options);
    try {
      await product.startWorker();
    } catch (error) {
      await product.close();
      throw error;
    }
    return product;
  }

  /** @param env settings of this one alone */
  private async startWorker(env: Record<string, string> = {}): Promise<Running> {
    const worker = await this.installation.startWorker(
      { ...DEFAULTS, ...this.options.worker, ...env },
      this.options.script,
    );
    this.workers.push(worker);
    return worker;
  }

  /** One more worker, beside those that run. */
  async startAnother(): Promise<Running> {
    return this.startWorker({ WORKER_HEALTH_PORT: String(await freePort()) });
  }

  /** The worker it was opened with. */
  firstWorker(): Running {
    const [first] = this.workers;
    if (first === undefined) throw new Error('no worker was started');
    return first;
  }

  async create(lookMs = LOOK_MS): Promise<Done> {
    return this.finish(await this.requestCreate(), lookMs);
  }

  /** Requests a tenant and does not wait; gives how long the API took to answer, in ms. */
  async requestCreate(): Promise<{ id: string; name: string; acceptedMs: number }> {
    const name = `bench${randomBytes(5).toString('hex')}`;
    const startedAt = performance.now();
    const { id } = await this.request('POST', '/tenants', { name });
    const acceptedMs = performance.now() - startedAt;
    if (id === undefined) throw new Error('the answer to a create names no tenant');
    this.living.set(id, name);
    return { id, name, acceptedMs };
  }

  async drop(tenant: { id: string; name: string }, lookMs = LOOK_MS): Promise<Done> {
    await this.requestDrop(tenant);
    const done = await this.finish(tenant, lookMs);
    this.living.delete(tenant.id);
    return done;
  }

  /** It was seen to be gone. */
  forget({ id }: { id: string }): void {
    this.living.delete(id);
  }

  async requestDrop({ id }: { id: string }): Promise<void> {
    await this.request('DELETE', `/tenants/${id}?mode=hard&force=true`);
  }

  async change(tenant: { id: string; name: string }, verb: 'suspend' | 'resume'): Promise<Done> {
    await this.request('POST', `/tenants/${tenant.id}/${verb}`);
    return this.finish(tenant, LOOK_MS);
  }

  /** Waits until the last operation has ended. @throws Error where it did not end well, or waits for an answer */
  async finish({ id, name }: { id: string; name: string }, lookMs = LOOK_MS): Promise<Done> {
    for (const giveUpAt = performance.now() + OPERATION_TIMEOUT_MS; ;) {
      this.bench.signal.throwIfAborted();
      const { operation } = tenantDetailSchema.parse(await this.request('GET', `/tenants/${id}`)) satisfies Tenant;
      if (operation === null) throw new Error(`${name} has no operation`);
      const { state, kind, cause, requestedAt, endedAt } = operation;
      if (state === 'parked' || (endedAt !== null && state !== 'done'))
        throw new Error(`${kind} of ${name} is ${state}: ${cause ?? 'no cause is given'}`);
      if (endedAt !== null) return { id, name, tookMs: Date.parse(endedAt) - Date.parse(requestedAt) };
      if (performance.now() > giveUpAt) throw new Error(`${kind} of ${name} has not ended after ten minutes`);
      await delay(lookMs, undefined, { signal: this.bench.signal });
    }
  }

  /** Drops tenants, four at a time. */
  async dropAll(tenants: readonly { id: string; name: string }[]): Promise<void> {
    const left = [...tenants];
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let next = left.pop(); next !== undefined; next = left.pop()) await this.drop(next, LOOK_AT_MANY_MS);
      }),
    );
  }

  /** Ends its processes and removes all that they have made, also what is only half there. */
  async close(): Promise<void> {
    await removeLeftovers(this.installation, this.bench.script, [...this.living.values()], () =>
      Promise.all(this.workers.map((it) => it.stop())),
    );
  }

  private async request(method: string, path: string, body?: object): Promise<{ id?: string }> {
    const { status, body: answer, text } = await this.installation.request(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${text}`);
    return answer;
  }
}
