import { isPostgresUrl } from '@freeflow/lib/config';
import { isMongoUrl } from '../../backends/mongodb/provisioner/client';
import { EXIT, Failure } from '../failure';
import { HTTP } from '../settings';

/** What a variable must look like. */
export interface Form {
  form: string;
  isFit: (text: string) => boolean;
}

export const POSTGRES: Form = { form: 'postgresql://USER:PASSWORD@HOST:PORT/, with one host', isFit: isPostgresLogin };
export const MONGODB: Form = { form: 'mongodb://USER:PASSWORD@HOST:PORT/?OPTIONS', isFit: isMongoUrl };
export const TEXT: Form = { form: 'TEXT', isFit: () => true };
// Characters beyond ASCII would have to be normalised (SASLprep) exactly as the server does it.
const PASSWORD: Form = { form: 'printable ASCII characters', isFit: (text) => /^[\x20-\x7e]+$/.test(text) };

/** What each backend is set up by: the owner's way in, all of it; and, if one likes, the provisioner's password. */
export const SET_UP_VARIABLES = {
  postgres: { title: 'PostgreSQL', owner: { POSTGRES_OWNER_URL: POSTGRES }, password: 'PROVISIONER_POSTGRES_PASSWORD' },
  mongodb: { title: 'MongoDB', owner: { MONGODB_OWNER_URL: MONGODB }, password: 'PROVISIONER_MONGODB_PASSWORD' },
  keycloak: {
    title: 'Keycloak',
    owner: { KEYCLOAK_URL: HTTP, KEYCLOAK_OWNER_CLIENT_ID: TEXT, KEYCLOAK_OWNER_CLIENT_SECRET: TEXT },
    password: 'PROVISIONER_KEYCLOAK_SECRET',
  },
} as const satisfies Record<string, { title: string; owner: Record<string, Form>; password: string }>;

export type BackendName = keyof typeof SET_UP_VARIABLES;

/** All backends that have a provisioner, in the order they are told of. */
export const BACKEND_NAMES = Object.keys(SET_UP_VARIABLES) as BackendName[];

/** The owner's variables of a backend. */
export const ownerVariables = (backend: BackendName): string[] => Object.keys(SET_UP_VARIABLES[backend].owner);

/** What was given for one backend. */
export interface Given {
  values: Record<string, string>;
  password: string | undefined;
}

/**
 * Reads which backends to set up: those whose variables are set. An empty one counts as unset.
 * @throws Failure that names every variable that is missing or wrong, never with a value
 */
export function readSetUpVariables(env: NodeJS.ProcessEnv): Partial<Record<BackendName, Given>> {
  const read = BACKEND_NAMES.map((backend) => ({ backend, ...readOne(backend, env) }));
  const problems = read.flatMap((it) => it.problems);
  if (problems.length > 0)
    throw new Failure(EXIT.usage, problems.join('\n'), 'Values are not repeated here: they may hold secrets.');
  const given = read.flatMap((it) => (it.given === undefined ? [] : [[it.backend, it.given] as const]));
  if (given.length === 0)
    throw new Failure(
      EXIT.usage,
      `Nothing to set up: none of ${BACKEND_NAMES.flatMap(ownerVariables).join(', ')} is set.`,
      'Set those of the backends you mean; --help shows an example.',
    );
  return Object.fromEntries(given);
}

function readOne(backend: BackendName, env: NodeJS.ProcessEnv): { given?: Given; problems: string[] } {
  const { owner, password } = SET_UP_VARIABLES[backend];
  const forms: Record<string, Form> = { ...owner, [password]: PASSWORD };
  const values = Object.fromEntries(
    Object.keys(forms).flatMap((name) => (env[name] === undefined || env[name] === '' ? [] : [[name, env[name]]])),
  );
  const set = Object.keys(values);
  if (set.length === 0) return { problems: [] };
  const missing = Object.keys(owner)
    .filter((name) => values[name] === undefined)
    .map((name) => `${name} is missing; it is needed together with ${set.join(', ')}.`);
  const wrong = Object.entries(values)
    .filter(([name, value]) => forms[name]?.isFit(value) === false)
    .map(([name]) => `${name} is not of the form ${forms[name]?.form ?? ''}.`);
  return { given: { values, password: values[password] }, problems: [...missing, ...wrong] };
}

function isPostgresLogin(text: string): boolean {
  try {
    const { username, password, hostname } = new URL(text);
    // What isn't well escaped would be refused by the driver.
    decodeURIComponent(username + password);
    return isPostgresUrl(text) && username !== '' && hostname !== '';
  } catch {
    return false;
  }
}
