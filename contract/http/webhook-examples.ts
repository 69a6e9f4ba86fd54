// A webhook and a delivery, as the documentation of the API shows them, each compared with its schema by a unit test.

const ID = '2c8f4b1e-91d7-4f0a-b6a3-5e7d0c9a8b12';
const AT = '2026-11-27T23:00:00.000Z';

const webhook = {
  id: ID,
  url: 'https://example.com',
  eventTypes: ['operation.ended'],
  description: 'billing',
  state: 'enabled',
  disabledAt: null,
  disabledReason: null,
  failingSince: null,
  undelivered: 0,
  hasMoreUndelivered: false,
  skippedEvents: 0,
  createdBy: 'b1f4c0de-alice',
  createdAt: AT,
};

const delivery = {
  id: '7d3a6c20-4b5e-4f8d-9a1c-0e2f4b6d8a31',
  eventId: '4712',
  type: 'operation.ended',
  tenantId: '6f0c1d5e-8a34-4b7e-9a51-2f1f0f0c7b11',
  tenantName: 'acme',
  state: 'retrying',
  attempts: [{ at: AT, durationMs: 38, status: 503, cause: 'answered 503' }],
  nextAttemptAt: '2026-11-27T23:00:05.214Z',
  createdAt: AT,
  endedAt: null,
  givenUpBy: null,
};

/** What the schemas of webhooks are shown with, by what they are of. */
export const WEBHOOK_EXAMPLES = {
  create: { url: 'https://example.com/freeflow', eventTypes: ['operation.ended'], description: 'billing' },
  update: { enabled: true },
  rotate: { overlapSeconds: 3_600 },
  webhook,
  created: { ...webhook, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
  list: { items: [webhook] },
  delivery,
  deliveries: { items: [delivery], nextCursor: null },
  redeliver: { since: '2026-11-27T20:00:00Z' },
  redelivered: { redelivered: 12, isComplete: true, failedBefore: '2026-11-27T23:00:00.000Z' },
} as const;
