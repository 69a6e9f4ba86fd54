import type { TestInstallation } from './installation';

/** What worker and API themselves log in with. */
export function ownSecretsOf({ info }: Pick<TestInstallation, 'info'>): Record<string, string> {
  return {
    'the key of secrets': info.secretsKey,
    "the worker's password at the master database": info.masterDatabase.workerPassword,
    "the API's password at the master database": info.masterDatabase.apiPassword,
    "the provisioner's password at PostgreSQL": new URL(info.postgres.provisionerUrl).password,
    "the provisioner's password at MongoDB": new URL(info.mongodb.provisionerUrl).password,
    "Qdrant's API key": info.qdrant.apiKey,
    "the provisioner's secret at Keycloak": info.keycloak.provisioner.clientSecret,
  };
}
