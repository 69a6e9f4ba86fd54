import { REVEAL_SEALING, type BackendKind } from '@freeflow/contract';
import { revealedContent, revealedSchema, type RevealedContent } from '@freeflow/contract/http';
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose';
import type { Api } from './client';

/** What is asked for, and why. */
export interface RevealCall {
  tenantId: string;
  /** All of them, when left out. */
  backend?: BackendKind;
  reason: string;
}

/**
 * Has a tenant's credentials read by a worker, sealed to a key that is made for this once and never leaves this page.
 * Nothing of it is kept here: whoever has it shows it, and forgets it. Throws as `Api.call`.
 */
export async function revealCredentials(
  api: Api,
  { tenantId, ...asked }: RevealCall,
  signal: AbortSignal,
): Promise<RevealedContent> {
  const { publicKey, privateKey } = await generateKeyPair(REVEAL_SEALING.alg, { crv: 'P-256', extractable: false });
  const { kty, crv, x, y } = await exportJWK(publicKey);
  const body = { ...asked, publicKey: { kty, crv, x, y } };
  const call = { method: 'POST', path: `/tenants/${tenantId}/credentials`, body, signal } as const;
  const { sealed } = await api.call(revealedSchema, call);
  const { plaintext } = await compactDecrypt(sealed, privateKey, {
    keyManagementAlgorithms: [REVEAL_SEALING.alg],
    contentEncryptionAlgorithms: [REVEAL_SEALING.enc],
  });
  const content = revealedContent.parse(JSON.parse(new TextDecoder().decode(plaintext)));
  if (content.tenant.id !== tenantId) throw new Error('These are the credentials of another tenant.');
  return content;
}
