import { z } from 'zod';
import { identityInFile } from './identity';
import { tenantName } from './tenant';

/** One tenant in a file of tenants. What is left out stays as it is; null clears. */
const tenantEntry = z.strictObject({
  name: tenantName,
  ...identityInFile,
  suspended: z
    .boolean()
    .optional()
    .describe('true: its access is cut, its data kept; false: it has access. Left out: it stays as it is'),
});

/** tenants.yaml, which `freeflow apply` reads and `freeflow export` writes. There is no place for a secret in it. */
export const tenantsFile = z.strictObject({
  tenants: z.array(tenantEntry).describe('Tenants as they are to be, each name once'),
});

/**
 * The same for editors. Draft 7, as yaml-language-server knows it best. It lets reserved names and doubled ones
 * through, which no schema can say; `freeflow apply` refuses them.
 */
export const tenantsFileJsonSchema = () => z.toJSONSchema(tenantsFile, { target: 'draft-7', io: 'input' });

export type TenantEntry = z.output<typeof tenantEntry>;
export type TenantsFile = z.output<typeof tenantsFile>;
