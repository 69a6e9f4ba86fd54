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
