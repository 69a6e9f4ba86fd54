import { Limiter } from '../../backends/limiter';

/** Runs what has the same key one after the other, in order; nothing waits for what has another one. */
export class Turns {
  private readonly lines = new Map<string, { limiter: Limiter; length: number }>();

  /** @throws what `call` throws; the reason of the signal when that is aborted before its turn */
  async take<T>(key: string, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const line = this.lines.get(key) ?? { limiter: new Limiter(1), length: 0 };
    this.lines.set(key, line);
    line.length += 1;
    try {
      return await line.limiter.run(signal, call);
    } finally {
      line.length -= 1;
      if (line.length === 0) this.lines.delete(key);
    }
  }
}
