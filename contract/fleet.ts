/** What an upgrade of the fleet can be in. */
export const FLEET_STATES = ['running', 'paused', 'cancelled', 'done'] as const;
/** What a tenant of it can be in. `left`: not in order for it, which is no failure. */
export const FLEET_TENANT_STATES = ['waiting', 'running', 'done', 'failed', 'left', 'cancelled'] as const;
