import type { AuditAction } from '@freeflow/contract';
import { recordAudit, type AuditRow, type PrismaClient } from '@freeflow/db-master';
import type { FastifyRequest } from 'fastify';

/** What a request is about, as far as it is known. */
export type AuditSubject = Pick<AuditRow, 'tenantId' | 'tenantName' | 'operationId' | 'detail'>;

/** What the audit trail has of one request. Each route that changes something says by it what it has changed. */
export class RequestAudit {
  private subject: AuditSubject = {};
  /** Whether a row says that something was about to be done, so that another must say how it went. */
  hasBegun = false;
  /** Whether its answer is decided, and how it went has been handed to the trail. */
  isAnswered = false;

  constructor(
    private readonly db: PrismaClient,
    private readonly request: FastifyRequest,
    private readonly action: AuditAction,
  ) {}

  get requestId(): string {
    return this.request.id;
  }

  /** Adds what has become known, for whatever row is written of the request. */
  about(subject: AuditSubject): void {
    this.subject = merged(this.subject, subject);
  }

  /** The row of a change, to be committed in its own transaction: where it can't be written, nothing is changed. */
  accepted(subject: AuditSubject, status = 202): AuditRow {
    // Not kept: where the transaction fails, this request is about nothing that exists.
    return { ...this.row('accepted', { status }), ...merged(this.subject, subject) };
  }

  /**
   * For what is done elsewhere than in the master database: written before it is done, and where it can't be, it is not
   * done. How it went is written when the request is answered.
   */
  async begin(subject: AuditSubject): Promise<void> {
    this.about(subject);
    await recordAudit(this.db, [this.row('begun')]);
    this.hasBegun = true;
  }

  /** A row of this request. */
  row(outcome: AuditRow['outcome'], more: Pick<AuditRow, 'status' | 'code'> = {}): AuditRow {
    const { principal, principalName, ip, headers, id } = this.request;
    return {
      channel: 'api',
      action: this.action,
      outcome,
      actor: principal === '' ? null : principal,
      actorName: principalName,
      address: ip,
      userAgent: headers['user-agent'] ?? null,
      requestId: id,
      ...this.subject,
      ...more,
    };
  }
}

const merged = (one: AuditSubject, other: AuditSubject): AuditSubject => ({
  ...one,
  ...other,
  detail: { ...one.detail, ...other.detail },
});
