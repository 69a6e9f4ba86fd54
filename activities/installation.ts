import { randomUUID } from 'node:crypto';
import type { PrismaClient } from '@freeflow/db-master';

const PREFIX_LENGTH = 8;

/**
 * What our nonces begin with. A master database set up anew is given the prefix of the one that is lost: then it is
 * that installation.
 */
export const noncePrefixOf = (installationId: string): string => installationId.slice(0, PREFIX_LENGTH);

/**
 * Which installation has created what: several may share one server. Our nonces are UUIDs of version 8 (RFC 9562,
 * section 5.8) that begin with 32 bits of our own; those of another version are in the ledger, which keeps the rows of
 * gone tenants.
 */
export class Installation {
  private prefix: Promise<string> | undefined;

  constructor(private readonly db: PrismaClient) {}

  async newNonce(): Promise<string> {
    return generateNonce(await this.loadPrefix());
  }

  /** Whether this installation has generated the nonce, by the looks of it. */
  async hasMade(nonce: string): Promise<boolean> {
    return nonce.startsWith(await this.loadPrefix()) && nonce[14] === '8';
  }

  private loadPrefix(): Promise<string> {
    const prefix = (this.prefix ??= this.db.installation.findFirstOrThrow().then(({ id }) => noncePrefixOf(id)));
    // A failure isn't kept: the next caller reads anew.
    prefix.catch(() => {
      this.prefix = undefined;
    });
    return prefix;
  }
}

/** A new nonce that begins with this prefix, 90 random bits behind it. */
const generateNonce = (prefix: string): string => {
  const random = randomUUID();
  return `${prefix}${random.slice(PREFIX_LENGTH, 14)}8${random.slice(15)}`;
};
