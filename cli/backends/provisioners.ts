import { randomBytes } from 'node:crypto';
import { setUpKeycloak } from '../../backends/keycloak/provisioner/set-up';
import { mongoHosts, withLogin } from '../../backends/mongodb/provisioner/client';
import { setUpMongo } from '../../backends/mongodb/provisioner/set-up';
import { provisionerUrl, setUpPostgres } from '../../backends/postgres/provisioner/set-up';
import { provisionerNames } from '../../backends/provisioner/names';
import type { Outcome, Password } from '../../backends/provisioner/outcome';
import type { BackendName, Given } from './variables';

export interface SetUpOptions {
  name: string;
  masterDatabase: string;
}

/** How one backend is set up, and what the worker is to be told of it. */
interface Provisioner {
  /** The provisioner there. */
  who: string;
  /** Where, for messages: no secret in it. */
  at: string;
  setUp: () => Promise<Outcome>;
  /** The worker's variables. */
  workerEnv: (password: string) => Record<string, string>;
}

type Values = Readonly<Record<string, string>>;

/** Another backend is a row here, and one in SET_UP_VARIABLES. */
const PROVISIONERS: Record<BackendName, (values: Values, password: Password, options: SetUpOptions) => Provisioner> = {
  postgres: ({ POSTGRES_OWNER_URL: ownerUrl = '' }, password, { name, masterDatabase }) => ({
    who: `role ${name}`,
    at: new URL(ownerUrl).host,
    setUp: () => setUpPostgres({ ownerUrl, name, password, masterDatabase }),
    workerEnv: (known) => ({ POSTGRES_ADMIN_URL: provisionerUrl(ownerUrl, name, known) }),
  }),
  mongodb: ({ MONGODB_OWNER_URL: ownerUrl = '' }, password, options) => {
    const { mongodb: name } = provisionerNames(options.name);
    return {
      who: `user ${name.user}`,
      at: mongoHosts(ownerUrl),
      setUp: () => setUpMongo({ ownerUrl, name, password }),
      workerEnv: (known) => ({ MONGODB_ADMIN_URL: withLogin(ownerUrl, name.user, known) }),
    };
  },
  keycloak: (
    {
      KEYCLOAK_URL: given = '',
      KEYCLOAK_OWNER_CLIENT_ID: clientId = '',
      KEYCLOAK_OWNER_CLIENT_SECRET: clientSecret = '',
    },
    password,
    options,
  ) => {
    const [{ keycloak: name }, url] = [provisionerNames(options.name), given.replace(/\/+$/, '')];
    return {
      who: `client ${name}`,
      at: url,
      setUp: () => setUpKeycloak({ owner: { url, clientId, clientSecret }, name, password }),
      workerEnv: (known) => ({ KEYCLOAK_CLIENT_ID: name, KEYCLOAK_CLIENT_SECRET: known }),
    };
  },
};

/** What became of one backend's provisioner. */
export interface Provisioned {
  backend: BackendName;
  who: string;
  at: string;
  outcome: Outcome | { error: unknown };
  /** Whether its password was made up just now. */
  isMadeUp: boolean;
  /** The worker's variables; empty where the password is not known. */
  workerEnv: Record<string, string>;
}

/** Sets up one backend; a failure is part of the answer, for others may succeed. */
export async function provision(
  backend: BackendName,
  { values, password: given }: Given,
  options: SetUpOptions,
): Promise<Provisioned> {
  const password = { value: given ?? randomBytes(24).toString('base64url'), isForced: given !== undefined };
  const { who, at, setUp, workerEnv } = PROVISIONERS[backend](values, password, options);
  const outcome = await setUp().catch((error: unknown) => ({ error }));
  const known = 'error' in outcome ? undefined : outcome.password;
  return {
    backend,
    who,
    at,
    outcome,
    isMadeUp: given === undefined && known === password.value,
    workerEnv: known === undefined ? {} : workerEnv(known),
  };
}
