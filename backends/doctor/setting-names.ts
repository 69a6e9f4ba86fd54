/** The variables that checks look at an installation by; the names are those of worker and API. */
export type SettingName =
  | 'FREEFLOW_API_URL'
  | 'FREEFLOW_WORKER_URL'
  | 'FREEFLOW_TOKEN_URL'
  | 'FREEFLOW_CLIENT_ID'
  | 'FREEFLOW_CLIENT_SECRET'
  | 'AUTH_PERMISSIONS_CLAIM'
  | 'MASTER_DATABASE_URL'
  | 'MASTER_OWNER_URL'
  | 'SECRETS_KEY'
  | 'TEMPORAL_ADDRESS'
  | 'TEMPORAL_NAMESPACE'
  | 'TASK_QUEUE'
  | 'POSTGRES_ADMIN_URL'
  | 'MONGODB_ADMIN_URL'
  | 'QDRANT_URL'
  | 'QDRANT_API_KEY'
  | 'KEYCLOAK_URL'
  | 'KEYCLOAK_REALM'
  | 'KEYCLOAK_CLIENT_ID'
  | 'KEYCLOAK_CLIENT_SECRET'
  | 'KEYCLOAK_OWNER_CLIENT_ID'
  | 'KEYCLOAK_OWNER_CLIENT_SECRET';

/** All settings; those that are not known are empty. */
export type Values = Readonly<Record<SettingName, string>>;
