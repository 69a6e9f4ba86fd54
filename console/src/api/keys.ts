/** What pages read, by what: events make it stale by the beginning of its key. */
export const KEYS = {
  /** All pages of all lists. */
  tenantLists: ['tenant-list'],
  tenantList: (query: object) => ['tenant-list', query],
  tenant: (id: string) => ['tenant', id],
  logs: (id: string) => ['logs', id],
  operations: (id: string) => ['operations', id],
  stuck: ['stuck'],
  webhooks: ['webhooks'],
  audit: ['audit'],
  reconcile: ['reconcile'],
} as const;
