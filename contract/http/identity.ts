import { z } from 'zod';
import { PLAN_NAME, PLAN_NAME_FORM } from '../plan-name';
import { EXAMPLES } from './examples';
import { PLAIN_CHARACTER, plainText } from './text';

const LABEL_KEY = '[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?';
const LONGEST_LABEL = 100;

const displayName = plainText(1, 200)
  .refine((text) => text === '' || text.trim() !== '', 'must not be blank')
  .describe('What people call it');
const externalId = z
  .string()
  .regex(/^[!-~]{1,200}$/, 'must be 1 to 200 visible ASCII characters')
  .describe('What another system calls it; unique among the tenants that are there');
const labelKey = z
  .string()
  .regex(
    new RegExp(`^${LABEL_KEY}$`),
    'must be 1 to 63 letters, digits and . _ / -, and begin and end with a letter or a digit',
  );
const labelValue = plainText(0, LONGEST_LABEL);

/** More than this a tenant does not have; a patch is checked once it is merged. */
export const MOST_LABELS = 32;
export const TOO_MANY_LABELS = `must be ${MOST_LABELS} labels at most`;
const labels = z
  .record(labelKey, labelValue)
  .refine((it) => Object.keys(it).length <= MOST_LABELS, TOO_MANY_LABELS)
  .meta({ maxProperties: MOST_LABELS });

const PLAN = 'By which it is limited: a name of the plans file; null: by none';
const plan = z.string().regex(PLAN_NAME, PLAN_NAME_FORM).nullable();

const PROTECTED =
  'true: every deletion is refused. A create that fails, or is aborted before the tenant is active, is rolled back all the same';

/** What `POST /tenants` takes besides the name. */
export const identityOnCreate = {
  displayName: displayName.nullable().default(null),
  externalId: externalId.nullable().default(null),
  labels: labels.default({}).describe('Text by key, to select by'),
  plan: plan.default(null).describe(PLAN),
  deletionProtected: z.boolean().default(false).describe(PROTECTED),
};

/**
 * A JSON Merge Patch (RFC 7396): what is left out stays, null clears. Protection has no null: a client that writes out
 * fields it doesn't know would take it off unawares.
 */
export const updateTenantBody = z
  .strictObject({
    displayName: displayName.nullable().optional(),
    externalId: externalId.nullable().optional(),
    labels: z
      .record(labelKey, labelValue.nullable())
      .nullable()
      .optional()
      .describe('Merged: a label that is left out stays, null removes it; null in place of all removes all'),
    plan: plan
      .optional()
      .describe(`${PLAN}. Another one is the answer 202: an operation sets its limits at every backend, or none`),
    deletionProtected: z.boolean().optional().describe(PROTECTED),
  })
  .meta({ id: 'UpdateTenant', examples: [EXAMPLES.updateTenant] });

/** What a file of tenants may say besides the name: labels are all labels, and what is left out stays. */
export const identityInFile = {
  displayName: displayName.nullable().optional(),
  externalId: externalId.nullable().optional(),
  labels: labels
    .optional()
    .describe('All of its labels: one that is not here is removed. Left out: they stay as they are'),
  plan: plan.optional().describe(PLAN),
  deletionProtected: z.boolean().optional().describe(PROTECTED),
};

const FIRST_UNSTORABLE_MS = Date.UTC(10_000, 0);

export const holdBody = z
  .strictObject({
    until: z.iso
      .datetime({
        offset: true,
        error: ({ code }) =>
          code === 'invalid_format' ? 'must be a date and time with its zone, such as 2027-01-31T00:00:00Z' : undefined,
      })
      // What is no time is none too late: that is told already.
      .refine((text) => !(Date.parse(text) >= FIRST_UNSTORABLE_MS), 'must be before the year 10000')
      .describe('In the future, by the clock of the master database'),
    reason: plainText(3, 300).describe('Why its data is to be kept; shown with the tenant'),
  })
  .meta({ id: 'Hold', examples: [EXAMPLES.hold] });

/** A label to select by, as `key:value`: no key has a colon. */
export const labelFilter = z
  .string()
  .regex(
    new RegExp(`^${LABEL_KEY}:${PLAIN_CHARACTER}{0,${LONGEST_LABEL}}$`, 'u'),
    'must be key:value, as the label has them',
  );

/** The key and the value of a {@link labelFilter}. */
export function splitLabel(label: string): [key: string, value: string] {
  const colon = label.indexOf(':');
  return [label.slice(0, colon), label.slice(colon + 1)];
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1 */
export const ifMatchHeaders = z.object({
  'if-match': z
    .string()
    .regex(
      /^(?:\*|(?:W\/)?"[!#-~]*"(?:[ \t]*,[ \t]*(?:W\/)?"[!#-~]*")*)$/,
      'must be an ETag in its quotes, several of them, or *',
    )
    .optional(),
});

/** Labels as they are stored. */
export const storedLabels = z.record(z.string(), z.string());

/** What an administrator sets of a tenant, as it is shown. */
export const identitySchema = {
  displayName: z.string().nullable(),
  externalId: z.string().nullable(),
  labels: storedLabels,
  plan: z
    .string()
    .nullable()
    .describe('By which it is limited; another one counts once it is in force at every backend'),
  deletionProtected: z.boolean().describe(`${PROTECTED}; false once it is gone`),
  holdUntil: z.iso
    .datetime()
    .nullable()
    .describe('Neither purged nor hard-deleted before, forced or not; null once it is gone'),
  holdReason: z.string().nullable().describe('Why it is held'),
};

export type UpdateTenantBody = z.output<typeof updateTenantBody>;
export type HoldBody = z.output<typeof holdBody>;
