/** What a reconciliation finds, class by class, in the order in which they are counted, and what each means. */
export const FINDINGS = {
  missing: 'The ledger has the resource as present, and the server has none, or only a part of it.',
  orphan: 'The resource carries our nonce, and no living row of the ledger has it.',
  drifted: 'The resource is there, and differs from ledger and settings.',
  leftover: 'The vault has a secret of a tenant, and no row of the master database leads to it.',
  stale: 'The operation is open, and no run works on it.',
  unknown: 'Nothing could be concluded: the server did not answer, is another one, or the time was over.',
} as const;

export type FindingClass = keyof typeof FINDINGS;

export const FINDING_CLASSES = Object.keys(FINDINGS) as [FindingClass, ...FindingClass[]];

/** What a reconciliation with `fix` does about a finding that it can repair. No resource is ever dropped. */
export const REPAIRS = {
  missing: 'Another one is made: it was of the pool, and no tenant had it.',
  drifted: 'Grants, access and connection details are set again as ledger and settings have them.',
  leftover:
    'The secret is destroyed. Not after a restore of the master database, while tenants may use what was stored since.',
  stale: 'A run is started that goes on with the operation.',
} as const satisfies Partial<Record<FindingClass, string>>;

/** What a person does about a finding that is not repaired. */
export const WAYS_BACK = {
  missing: "Restore it from its server's backup, then adopt it; or delete the tenant for good and create it again.",
  orphan: 'Look into what it holds, then drop it; or correct the master database.',
  drifted:
    'Another id: adopt it. Credentials: suspend and resume the tenant, which restores the stored ones. A setting: set it at the server.',
  leftover: 'See that nothing uses it, then destroy it in the vault.',
  stale: 'Answer the operation with retry; then find out why it was not started.',
  unknown: 'See that the server answers and is the recorded one, then compare again.',
} as const satisfies Record<FindingClass, string>;
