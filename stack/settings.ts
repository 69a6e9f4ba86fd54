import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readIfThere, writePrivateFile } from '@freeflow/lib/files';
import { z } from 'zod';
import { messageOf } from './files';
import { keysOf, PREFERRED_PORTS, type PortName, type Ports } from './ports';

const text = (bytes: number) => () => randomBytes(bytes).toString('base64url');

/** How each credential of a stack is generated. Passwords are base64url, so they need no escaping in any URL. */
const GENERATORS = {
  postgresOwner: text(24),
  postgresProvisioner: text(24),
  masterApiRole: text(24),
  masterWorkerRole: text(24),
  mongodbRoot: text(24),
  mongodbProvisioner: text(24),
  qdrantApiKey: text(32),
  keycloakAdmin: text(24),
  keycloakProvisioner: text(24),
  vaultWorker: text(24),
  vaultReader: text(24),
  systemClient: text(24),
  systemPerson: text(12),
  secretsKey: () => randomBytes(32).toString('base64'),
};

type CredentialName = keyof typeof GENERATORS;

/** What a stack keeps from start to start. */
export interface Settings {
  ports: Ports;
  credentials: Record<CredentialName, string>;
}

const kept = z.object({ ports: z.record(z.string(), z.number().int()), credentials: z.record(z.string(), z.string()) });

const fileOf = (dir: string) => join(dir, 'settings.json');

/** The ports and credentials of the stack in this folder; what is missing is generated and kept at once. */
export function loadSettings(dir: string): Settings {
  const before = readKept(dir);
  const ports = { ...PREFERRED_PORTS, ...pick(before.ports, keysOf(PREFERRED_PORTS)) };
  const made = Object.fromEntries(
    keysOf(GENERATORS).map((name) => [name, before.credentials[name] ?? GENERATORS[name]()]),
  );
  const settings = { ports, credentials: credentialsOf(made) };
  saveSettings(dir, settings);
  return settings;
}

/** Keeps ports and credentials, readable by the owner alone. */
export const saveSettings = (dir: string, settings: Settings): void => {
  writePrivateFile(fileOf(dir), `${JSON.stringify(settings, null, 2)}\n`);
};

function readKept(dir: string): z.infer<typeof kept> {
  const content = readIfThere(fileOf(dir));
  if (content === undefined) return { ports: {}, credentials: {} };
  try {
    return kept.parse(JSON.parse(content));
  } catch (error) {
    throw new Error(
      `${fileOf(dir)} can't be read (${messageOf(error)}). Repair it, or delete everything and begin anew: npm run stack:reset`,
      { cause: error },
    );
  }
}

function pick(values: Record<string, number>, names: readonly PortName[]): Partial<Ports> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

const credentialsSchema = z.record(z.enum(keysOf(GENERATORS)), z.string());
const credentialsOf = (values: Record<string, string>): Record<CredentialName, string> =>
  credentialsSchema.parse(values);
