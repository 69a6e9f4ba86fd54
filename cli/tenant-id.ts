const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a command names a tenant by its id; else by its name, which has no dashes. */
export const isTenantId = (nameOrId: string): boolean => UUID.test(nameOrId);
