/** What a tenant has, by the names that the API gives its kinds. */
export const RESOURCES = ['postgres', 'mongodb', 'qdrant', 'keycloak'];
