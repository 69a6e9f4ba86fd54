import type { BackendKind } from './backends';
import type { OperationKind } from './operations/kinds';
import type { ProblemCode } from './problems';
import type { TenantSituation } from './states';

/**
 * How credentials are sealed to whoever has asked for them: to a key that is made for this once (RFC 7518, 4.6), by
 * compact JWE. Only who has its other half opens it: neither the API that hands it on nor Temporal that keeps it.
 */
export const REVEAL_SEALING = { alg: 'ECDH-ES', enc: 'A256GCM' } as const;

/** The public half of a key on P-256, as a JWK. */
export interface RevealKey {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
}

/** What a revealing is started with. */
export interface RevealInput {
  tenantId: string;
  /** All of them, where it is null. */
  backend: BackendKind | null;
  publicKey: RevealKey;
  /** Why, in the words of whoever asks. */
  reason: string;
  /** The subject of the token, and what the issuer calls that. */
  requestedBy: string;
  requestedByName: string | null;
  /** That of the request, by which its rows in the audit trail belong together. */
  requestId: string;
}

/** What comes of it: sealed, or not read at all. */
export type RevealOutcome =
  | { sealed: string; backends: BackendKind[] }
  | { refused: RevealRefusal; sealed?: undefined };

/** Why nothing is revealed. `reveal-off`: the workers are set so. */
export type RevealRefusal = Extract<
  ProblemCode,
  | 'tenant-unknown'
  | 'operation-in-progress'
  | 'never-active'
  | 'suspended'
  | 'being-deleted'
  | 'soft-deleted'
  | 'registered-only'
  | 'no-connection'
  | 'reveal-off'
  | 'rate-limited'
>;

const REFUSALS = {
  provisioning: 'never-active',
  active: null,
  suspended: 'suspended',
  deleting: 'being-deleted',
  deleted: 'soft-deleted',
  gone: 'tenant-unknown',
  registered: 'registered-only',
} as const satisfies Record<TenantSituation, RevealRefusal | null>;

/** Why the credentials of a tenant are not revealed now; null where they are: they have to be of use. */
export const revealRefusalOf = (
  situation: TenantSituation,
  inProgress: OperationKind | undefined,
): RevealRefusal | null =>
  inProgress === 'create' && situation === 'provisioning' ? 'operation-in-progress' : REFUSALS[situation];

/** How long whoever has asked waits for a worker, in ms: then nobody reads anything any more. */
export const REVEAL_WITHIN_MS = 12_000;

/** So often a minute one principal may ask, and one worker process reads: people do, programs have the secret store. */
export const REVEALS_A_MINUTE = 20;
