/** What pages read, by what: events make it stale by the beginning of its key. */
export const KEYS = {
  /** All pages of all lists. */
  tenantLists: ['tenant-list'],
  tenantList: (query: object) => ['tenant-list', query],
  tenant: (id: string) => ['tenant', id],
  logs: (id: string) => ['logs', id],
  operations: (id: string) => ['operations', id],
  usage: (id: string) => ['usage', id],
  plans: ['plans'],
  stuck: ['stuck'],
  /** A tenant that was answered, since then. */
  answered: (id: string) => ['answered', id],
  webhooks: ['webhooks'],
  webhook: (id: string) => ['webhooks', id],
  deliveries: (id: string, query: object) => ['webhooks', id, 'deliveries', query],
  auditPage: (query: object) => ['audit', query],
  reconcile: ['reconcile'],
  fleet: ['fleet'],
  fleetPlan: (labels: readonly string[]) => ['fleet', 'plan', labels],
  fleetUpgrade: (id: string) => ['fleet', 'upgrade', id],
  fleetUpgrades: ['fleet', 'upgrades'],
  report: (id: string | undefined) => ['reconcile', id ?? 'last'],
} as const;
