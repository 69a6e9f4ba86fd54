import { decodeJwt } from 'jose';
import { z } from 'zod';

const claimsSchema = z.object({
  iss: z.string().optional(),
  sub: z.string().optional(),
  exp: z.number().optional(),
  preferred_username: z.string().optional(),
  azp: z.string().optional(),
});

/** What a token tells of its bearer. Not verified: that is the API's part. */
export type Claims = z.output<typeof claimsSchema>;

/** The claims of a token; none where it is not a JWT, whose content only its issuer knows. */
export function claimsOf(token: string): Claims {
  try {
    return claimsSchema.parse(decodeJwt(token));
  } catch {
    return {};
  }
}

/** By what a person knows the bearer of a token. */
export const userIn = ({ preferred_username: name, sub }: Claims): string => name ?? sub ?? 'unknown';
