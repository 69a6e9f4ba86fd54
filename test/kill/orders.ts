import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Point } from './points';

/** A point in the operation of one tenant. */
export interface Order extends Point {
  tenantId: string;
}

const keyOf = ({ tenantId, step, moment }: Order): string => `${tenantId} ${step} ${moment}`;
const linesOf = (file: string): string[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((it) => it !== '')
    : [];

/**
 * Where a test says at which points a worker is to be killed, and where that worker writes down which it has come to.
 */
export class Orders {
  private readonly ordered: string;
  private readonly reached: string;

  constructor(folder: string) {
    this.ordered = path.join(folder, 'kill-at.txt');
    this.reached = path.join(folder, 'kill-reached.txt');
  }

  give(orders: readonly Order[]): void {
    // Renamed, so that the worker reads all of it or nothing.
    writeFileSync(`${this.ordered}.new`, orders.map(keyOf).join('\n'));
    renameSync(`${this.ordered}.new`, this.ordered);
  }

  isGiven(order: Order): boolean {
    return linesOf(this.ordered).includes(keyOf(order));
  }

  /** Written before this returns; answers whether that was the last point that was missing. */
  note(order: Order): boolean {
    appendFileSync(this.reached, `${keyOf(order)}\n`);
    const reached = new Set(linesOf(this.reached));
    return linesOf(this.ordered).every((it) => reached.has(it));
  }

  isReached(order: Order): boolean {
    return linesOf(this.reached).includes(keyOf(order));
  }
}
