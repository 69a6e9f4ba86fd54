import { z } from 'zod';
import { BACKEND_KINDS } from '../backends';
import { EXAMPLES } from './examples';
import { plainText } from './text';

/** 32 bytes. */
const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 43 characters of base64url');

export const revealBody = z
  .strictObject({
    backend: z.enum(BACKEND_KINDS).optional().describe('That one alone; all of them when left out'),
    publicKey: z
      .strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate })
      .describe('The public half of a key made for this request, as a JWK: what is revealed is sealed to it'),
    reason: plainText(3, 300).describe('Why; it is kept in the audit trail'),
  })
  .meta({ id: 'Reveal', examples: [EXAMPLES.reveal] });

export const revealedSchema = z
  .object({
    sealed: z
      .string()
      .describe(
        'A compact JWE (ECDH-ES, A256GCM) that only the other half of the key opens: JSON with `tenant`, `connections` by backend, and `warnings`',
      ),
    backends: z.array(z.enum(BACKEND_KINDS)).describe('Those whose credentials are in there'),
  })
  .meta({ id: 'Revealed', examples: [EXAMPLES.revealed] });

/** What is in there once it is opened. */
export const revealedContent = z.object({
  tenant: z.object({ id: z.uuid(), name: z.string() }),
  connections: z.partialRecord(z.enum(BACKEND_KINDS), z.record(z.string(), z.union([z.string(), z.number()]))),
  warnings: z.array(z.string()),
});

export type RevealBody = z.output<typeof revealBody>;
export type RevealedContent = z.output<typeof revealedContent>;
