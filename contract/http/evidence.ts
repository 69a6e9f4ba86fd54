import { z } from 'zod';
import { BACKEND_KINDS } from '../backends';

/**
 * `operation.evidence` after everything of a tenant was dropped: what each backend answered when the resource was
 * looked up.
 */
export const absenceEvidenceSchema = z
  .object({
    backends: z.array(
      z.object({
        kind: z.enum(BACKEND_KINDS),
        name: z.string(),
        state: z.string(),
        found: z
          .string()
          .optional()
          .describe('What the backend answered; left out where nothing was ever created there'),
        seenAt: z.iso.datetime().optional(),
      }),
    ),
    secretsDestroyed: z.number().int(),
  })
  .meta({ id: 'AbsenceEvidence' });

export type AbsenceEvidence = z.output<typeof absenceEvidenceSchema>;
