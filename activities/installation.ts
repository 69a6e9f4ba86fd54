import { randomUUID } from 'node:crypto';
import type { PrismaClient } from '@freeflow/db-master';

const MARK_LENGTH = 8;

/** What our nonces begin with. A master database made anew is given the mark of the one that is lost: then it is that installation. */
export const markOf = (installationId: string): string => installationId.slice(0, MARK_LENGTH);

/**
 * Which installation made what: several may share one server. Our nonces are UUIDs of version 8 (RFC 9562, section 5.8)
 * that begin with 32 bits of our own; those of before are known by the ledger, which keeps the rows of gone tenants.
 */
export class Installation {
  private mark: Promise<string> | undefined;

  constructor(private readonly db: PrismaClient) {}

  async newNonce(): Promise<string> {
    return nonceOf(await this.ours());
  }

  /** Whether this nonce was made here, as far as it tells itself. */
  async made(nonce: string): Promise<boolean> {
    return nonce.startsWith(await this.ours()) && nonce[14] === '8';
  }

  private ours(): Promise<string> {
    const asked = (this.mark ??= this.db.installation.findFirstOrThrow().then(({ id }) => markOf(id)));
    // A failure isn't kept: the next caller asks anew.
    asked.catch(() => {
      this.mark = undefined;
    });
    return asked;
  }
}

/** A new nonce that begins with this mark, 90 random bits behind it. */
const nonceOf = (mark: string): string => {
  const random = randomUUID();
  return `${mark}${random.slice(MARK_LENGTH, 14)}8${random.slice(15)}`;
};
