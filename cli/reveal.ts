import { REVEAL_SEALING, type BackendKind } from '@freeflow/contract';
import { revealedContent, type RevealedContent } from '@freeflow/contract/http';
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose';
import type { Tenants } from './client/tenants';

/**
 * Has a tenant's credentials read by a worker, through the API, sealed to a key that is made for this once and never
 * leaves this process. Throws as the client of the API.
 */
export async function revealThroughApi(
  tenants: Tenants,
  tenantId: string,
  asked: { backend?: BackendKind; reason: string },
): Promise<RevealedContent> {
  const { publicKey, privateKey } = await generateKeyPair(REVEAL_SEALING.alg, { crv: 'P-256', extractable: false });
  const { x = '', y = '' } = await exportJWK(publicKey);
  const { sealed } = await tenants.reveal(tenantId, { ...asked, publicKey: { kty: 'EC', crv: 'P-256', x, y } });
  const { plaintext } = await compactDecrypt(sealed, privateKey, {
    keyManagementAlgorithms: [REVEAL_SEALING.alg],
    contentEncryptionAlgorithms: [REVEAL_SEALING.enc],
  });
  return revealedContent.parse(JSON.parse(new TextDecoder().decode(plaintext)));
}
