import { randomUUID } from 'node:crypto';
import { vaultVariablesOf } from '@freeflow/contract/stack-info';
import { assertMigrated, createMasterClient, readerHere, recordAudit, type PrismaClient } from '@freeflow/db-master';
import { VARIABLES } from '@freeflow/lib/config';
import { readSecretKeys, type SecretKeys } from '@freeflow/lib/secrets';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { EXIT, Failure } from '../failure';
import { toFailure } from '../master-failures';
import { moveSecrets, whileNoneMoves, type Destination, type MovedAll } from '../secrets/move';
import {
  assertKeyInUse,
  countOthers,
  hasOtherSealers,
  rekeyTenants,
  rekeyWebhooks,
  type Rekeyed,
} from '../secrets/rekey';
import { readOptions, readSettings } from '../settings';
import { say, sayAside } from '../show/printable';
import { followHere, openVaultHere } from '../vault';
import { printJson, type CommonOptions, type Host } from './tenants/tools';

const { MASTER_DATABASE_URL, SECRETS_KEY, SECRETS_OLD_KEYS } = VARIABLES;
const settingsSchema = z.object({ MASTER_DATABASE_URL, SECRETS_KEY });
const optionsSchema = z.object({ SECRETS_OLD_KEYS });

/** What both commands work with. */
interface Scope {
  db: PrismaClient;
  keys: SecretKeys;
  env: NodeJS.ProcessEnv;
  /** Of the master database. */
  url: string;
}

/** Adds `freeflow secrets`, which works on the master database by the worker's login. */
export function addSecrets(program: Command, { env, end }: Host): void {
  const secrets = program
    .command('secrets')
    .description("seal tenants' and webhooks' secrets by another key, or move them to another store")
    .addHelpText(
      'after',
      `
Both run beside workers, can be interrupted and run again. Of another installation than the local stack: MASTER_DATABASE_URL (the worker's login),
SECRETS_KEY and SECRETS_OLD_KEYS as the workers have them, VAULT_* with the worker's policy: docs/secrets.md`,
    );

  secrets
    .command('rekey')
    .description('seal everything by the newest SECRETS_KEY, after which SECRETS_OLD_KEYS are not needed any more')
    .option('--json', 'as JSON')
    .action(async ({ json }: CommonOptions) => {
      const report = await withScope(env, rekey);
      if (json === true) printJson(report);
      else say(sentenceOfRekey(report));
      for (const cause of report.failed) sayAside(cause);
      end(report.canDropOldKeys ? EXIT.done : EXIT.refused);
    });

  secrets
    .command('move')
    .description("move tenants' secrets into the vault, or back into the master database")
    .addOption(new Option('--to <store>', 'where to').choices(['vault', 'db']).makeOptionMandatory())
    .option('--json', 'as JSON')
    .action(async ({ to, json }: CommonOptions & { to: Destination }) => {
      const moved = await withScope(env, (scope) => move(scope, to));
      if (json === true) printJson(moved);
      else say(sentenceOfMove(moved, to));
      for (const cause of moved.failed) sayAside(cause);
      end(moved.failed.length + moved.busy + moved.absent === 0 ? EXIT.done : EXIT.refused);
    });
}

async function withScope<T>(given: NodeJS.ProcessEnv, work: (scope: Scope) => Promise<T>): Promise<T> {
  const followed = await followHere(settingsSchema.extend(optionsSchema.shape), given);
  let env = followed;
  const settings = readSettings(settingsSchema, followed, (stack) => {
    env = { ...followed, ...vaultVariablesOf(stack, 'worker') };
    return { MASTER_DATABASE_URL: stack.masterDatabase.workerUrl, SECRETS_KEY: stack.secretsKey };
  });
  const { MASTER_DATABASE_URL: url, SECRETS_KEY: key } = settings;
  try {
    const keys = readSecretKeys(key, readOptions(optionsSchema, followed).SECRETS_OLD_KEYS);
    await assertMigrated(url);
    const db = createMasterClient(url, { maxConnections: 5, applicationName: 'freeflow-secrets' });
    try {
      return await work({ db, keys, env, url });
    } finally {
      await db.$disconnect();
    }
  } catch (error) {
    throw toFailure(error);
  }
}

interface RekeyReport {
  keyId: string;
  tenants: number;
  webhooks: number;
  failed: string[];
  /** Sealed by another key all the same: written meanwhile, by a worker that has not been told of the new one. */
  left: number;
  /** Such a worker is there now, whether it has written anything or not. */
  hasOtherWorkers: boolean;
  canDropOldKeys: boolean;
}

async function rekey({ db, keys }: Scope): Promise<RekeyReport> {
  await assertKeyInUse(db, keys).catch((error: unknown) => recordRefusal(db, 'secrets.rekey', error));
  const keyId = keys.current.id;
  let [tenants, webhooks]: Rekeyed[] = [];
  const detail = () => ({
    tenants: tenants?.done ?? 0,
    webhooks: webhooks?.done ?? 0,
    failed: (tenants?.failed.length ?? 0) + (webhooks?.failed.length ?? 0),
    keyId,
  });
  return recordAround(db, 'secrets.rekey', detail, async () => {
    tenants = await rekeyTenants(db, keys, (it) => {
      tenants = it;
      sayAside(`${it.done} secrets of tenants sealed anew`);
    });
    webhooks = await rekeyWebhooks(db, keys, (it) => {
      webhooks = it;
      sayAside(`${it.done} secrets of webhooks sealed anew`);
    });
    const failed = [...tenants.failed, ...webhooks.failed];
    const left = (await countOthers(db, keys)) - failed.length;
    const hasOtherWorkers = await hasOtherSealers(db, keys);
    const canDropOldKeys = failed.length === 0 && left === 0 && !hasOtherWorkers;
    return { keyId, tenants: tenants.done, webhooks: webhooks.done, failed, left, hasOtherWorkers, canDropOldKeys };
  });
}

const sentenceOfRekey = ({
  keyId,
  tenants,
  webhooks,
  failed,
  left,
  hasOtherWorkers,
  canDropOldKeys,
}: RekeyReport): string => {
  const done = `${tenants} secrets of tenants and ${webhooks} of webhooks sealed anew by key ${keyId}.`;
  if (canDropOldKeys)
    return `${done}\nNothing is sealed by another key: take SECRETS_OLD_KEYS away from the workers, and keep old keys with the backups that were made before.`;
  const reasons = [
    ...(failed.length === 0 ? [] : [`${failed.length} do not open, as told beside this`]),
    ...(left === 0 ? [] : [`${left} were written meanwhile by another key`]),
    ...(hasOtherWorkers ? ['a worker without the new key has come meanwhile: run this again, which names it'] : []),
  ];
  return `${done}\nKeep SECRETS_OLD_KEYS: ${reasons.join('; ')}.`;
};

async function move({ db, keys, env, url }: Scope, to: Destination): Promise<MovedAll> {
  const vault = openVaultHere(env);
  if (vault === undefined)
    throw new Failure(
      EXIT.usage,
      'There is no vault to move from or to.',
      'Set VAULT_ADDR and a login: docs/secrets.md',
    );
  try {
    const moved: MovedAll = { done: 0, busy: 0, absent: 0, failed: [] };
    const onProgress = ({ done }: MovedAll) => sayAside(`${done} secrets moved`);
    const detail = () => ({ to, ...moved, failed: moved.failed.length });
    const work = () => moveSecrets(to, { db, keys, vault, moved, onProgress });
    let hasBegun = false;
    return await whileNoneMoves(url, () => {
      hasBegun = true;
      return recordAround(db, 'secrets.move', detail, work);
    }).catch((error: unknown) => {
      if (hasBegun) throw error;
      return recordRefusal(db, 'secrets.move', error);
    });
  } finally {
    await vault.close();
  }
}

const sentenceOfMove = ({ done, busy, absent, failed }: MovedAll, to: Destination): string =>
  [
    `${done} secrets moved to ${to === 'vault' ? 'the vault' : 'the master database'}.`,
    ...(busy === 0 ? [] : [`${busy} were in use by a step: run it again.`]),
    ...(absent === 0
      ? []
      : [`${absent} are not stored yet, of creates that have not ended: run it again after those.`]),
    ...(failed.length === 0 ? [] : [`${failed.length} could not be moved, as told beside this.`]),
    `New ones go where the workers' SECRETS_STORE says.`,
  ].join('\n');

type Detail = Readonly<Record<string, unknown>>;

type Action = 'secrets.rekey' | 'secrets.move';

/** A row before anything is changed, since this may end at any moment, and one with the counts, however it ends. */
async function recordAround<T>(
  db: PrismaClient,
  action: Action,
  detailNow: () => Detail,
  work: () => Promise<T>,
): Promise<T> {
  const requestId = randomUUID();
  const record = (outcome: 'begun' | 'done' | 'failed') =>
    recordAudit(db, [{ channel: 'command', action, outcome, requestId, actor: readerHere(), detail: detailNow() }]);
  await record('begun');
  let outcome: 'done' | 'failed' = 'failed';
  try {
    const result = await work();
    outcome = 'done';
    return result;
  } finally {
    await record(outcome);
  }
}

/** Nothing was begun. @throws the error */
async function recordRefusal(db: PrismaClient, action: Action, error: unknown): Promise<never> {
  if (error instanceof Failure && error.exitCode === EXIT.refused)
    await recordAudit(db, [{ channel: 'command', action, outcome: 'refused', actor: readerHere() }]);
  throw error;
}
