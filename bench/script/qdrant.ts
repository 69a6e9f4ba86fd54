import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { z } from 'zod';
import { call, expectRefusal, ignoreMissing } from './http';
import type { ResourceNames, ScriptServer } from './server';

const SIZE = 1536;
/** Beside the product's own registry of tokens, so that neither is in the other's way. */
const REGISTRY = 'bench_registry';

const pointsAnswer = z.object({
  result: z.array(z.object({ id: z.string(), payload: z.record(z.string(), z.unknown()) })),
});

/**
 * A collection for each tenant; for suspend and resume a token too, whose point in a registry is what it is valid by.
 */
export class ScriptQdrant implements ScriptServer {
  private readonly url: string;
  private readonly tokens = new Map<string, { id: string; token: string }>();
  /** What a suspend has taken away. */
  private readonly before = new Map<string, z.output<typeof pointsAnswer>['result']>();
  private registry: Promise<unknown> | undefined;

  constructor(
    url: string,
    private readonly apiKey: string,
  ) {
    this.url = url.replace(/\/$/, '');
  }

  async create(name: string): Promise<void> {
    const vector = Array.from({ length: SIZE }, () => 0.1);
    await this.send('PUT', `/collections/${name}`, { vectors: { size: SIZE, distance: 'Cosine', on_disk: true } });
    await this.send('PUT', `/collections/${name}/points?wait=true`, { points: [{ id: 1, vector }] });
    await this.send('POST', `/collections/${name}/points/scroll`, { limit: 1 });
    await this.send('POST', `/collections/${name}/points/delete?wait=true`, { points: [1] });
  }

  async drop(name: string): Promise<void> {
    await this.send('DELETE', `/collections/${name}`);
  }

  /** Gives the tenant a token; apart from `create`, since the yardstick of a create has no registry. */
  async addToken(name: string): Promise<void> {
    await (this.registry ??= this.makeRegistry());
    const id = randomUUID();
    const token = await new SignJWT({
      access: [{ collection: name, access: 'rw' }],
      value_exists: { collection: REGISTRY, matches: [{ key: 'token_id', value: id }] },
    })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(new TextEncoder().encode(this.apiKey));
    this.tokens.set(name, { id, token });
    await this.register(id);
  }

  async suspend(name: string): Promise<void> {
    const { id, token } = this.tokenOf(name);
    const read = { ids: [id], with_payload: true };
    const { result } = pointsAnswer.parse(await this.send('POST', `/collections/${REGISTRY}/points`, read));
    this.before.set(name, result);
    await this.send('POST', `/collections/${REGISTRY}/points/delete?wait=true`, { points: [id] });
    await expectRefusal('Qdrant', () => this.use(name, token));
  }

  async resume(name: string): Promise<void> {
    const points = (this.before.get(name) ?? []).map((it) => ({ ...it, vector: {} }));
    await this.send('PUT', `/collections/${REGISTRY}/points?wait=true`, { points });
    await this.use(name, this.tokenOf(name).token);
  }

  async remove({ qdrant: name }: ResourceNames): Promise<void> {
    await this.send('DELETE', `/collections/${name}`);
    // The points of the product's own registry, by which its tokens are valid.
    const filter = { must: [{ key: 'collection', match: { value: name } }] };
    await this.send('POST', '/collections/freeflow_registry/points/delete?wait=true', { filter }).catch(ignoreMissing);
  }

  async close(): Promise<void> {
    if (this.registry !== undefined) await this.send('DELETE', `/collections/${REGISTRY}`);
  }

  private use(name: string, token: string): Promise<unknown> {
    return this.send('POST', `/collections/${name}/points/scroll`, { limit: 1 }, token);
  }

  private register(id: string): Promise<unknown> {
    const points = [{ id, vector: {}, payload: { token_id: id } }];
    return this.send('PUT', `/collections/${REGISTRY}/points?wait=true`, { points });
  }

  private async makeRegistry(): Promise<void> {
    await this.send('DELETE', `/collections/${REGISTRY}`);
    await this.send('PUT', `/collections/${REGISTRY}`, { vectors: {} });
    await this.send('PUT', `/collections/${REGISTRY}/index?wait=true`, {
      field_name: 'token_id',
      field_schema: 'keyword',
    });
  }

  private tokenOf(name: string): { id: string; token: string } {
    const token = this.tokens.get(name);
    if (token === undefined) throw new Error(`the script has given ${name} no token`);
    return token;
  }

  private send(method: string, path: string, body?: object, key = this.apiKey): Promise<unknown> {
    return call(method, this.url + path, { 'api-key': key }, body);
  }
}
