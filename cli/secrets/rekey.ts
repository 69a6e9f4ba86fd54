import type { PrismaClient } from '@freeflow/db-master';
import {
  findOtherSealers,
  openSecret,
  sealSecret,
  SecretError,
  sealingKeyOf,
  type SecretEnvelope,
  type SecretIdentity,
  type SealingProcess,
  type SecretKeys,
} from '@freeflow/lib/secrets';
import { resealWebhookParts } from '@freeflow/lib/webhooks';
import { EXIT, Failure } from '../failure';
import { eachPage } from './pages';

/** What became of all that older keys had sealed. */
export interface Rekeyed {
  /** Sealed by the newest key now. */
  done: number;
  /** Why these were left: no key that is given here opens them, or they were altered. */
  failed: string[];
}

/** Called with what is done, after each page. */
type OnProgress = (rekeyed: Rekeyed) => void;

const PAGE = 200;

interface SealedWebhook {
  id: string;
  webhookId: string;
  keyId: string;
  sealed: Uint8Array<ArrayBuffer>;
  isFirst: boolean;
}

type Row = { id: string } & SecretIdentity & SecretEnvelope;

/**
 * Seals all secrets of tenants by the newest key, page by page. Each is replaced only as it was read, so what a worker
 * writes or deletes meanwhile stays as it is; done again, it goes on with what is left.
 */
export async function rekeyTenants(db: PrismaClient, keys: SecretKeys, onProgress: OnProgress): Promise<Rekeyed> {
  const rekeyed: Rekeyed = { done: 0, failed: [] };
  const current = keys.current.id;
  const readPage = (after: string) => db.$queryRaw<Row[]>`
    SELECT * FROM "TenantSecret" WHERE "keyId" <> ${current} AND id > ${after}::uuid ORDER BY id LIMIT ${PAGE}`;
  await eachPage(readPage, async (page) => {
    for (const row of page) await tryOne(rekeyed, () => resealTenant(db, row, keys));
    onProgress(rekeyed);
  });
  return rekeyed;
}

/** The same of webhooks' secrets, the later ones too, which the API has sealed by the public half of a worker's key. */
export async function rekeyWebhooks(db: PrismaClient, keys: SecretKeys, onProgress: OnProgress): Promise<Rekeyed> {
  const rekeyed: Rekeyed = { done: 0, failed: [] };
  const sealingKey = sealingKeyOf(keys.current);
  const readPage = (after: string) => db.$queryRaw<SealedWebhook[]>`
    SELECT * FROM (SELECT id, id AS "webhookId", "keyId", sealed, true AS "isFirst" FROM "WebhookSecret"
                   UNION ALL SELECT id, "webhookId", "keyId", sealed, false FROM "WebhookReplacement") s
     WHERE "keyId" <> ${sealingKey.id} AND id > ${after}::uuid ORDER BY id LIMIT ${PAGE}`;
  await eachPage(readPage, async (page) => {
    for (const row of page) await tryOne(rekeyed, () => resealWebhook(db, row, keys));
    onProgress(rekeyed);
  });
  return rekeyed;
}

async function resealTenant(db: PrismaClient, row: Row, keys: SecretKeys): Promise<boolean> {
  const { keyId, wrappedKey, ciphertext } = sealSecret(row, openSecret(row, row, keys), keys);
  const replaced = await db.$executeRaw`
    UPDATE "TenantSecret" SET "keyId" = ${keyId}, "wrappedKey" = ${wrappedKey}, ciphertext = ${ciphertext}
     WHERE id = ${row.id}::uuid AND "keyId" = ${row.keyId} AND ciphertext = ${row.ciphertext}`;
  return replaced === 1;
}

async function resealWebhook(db: PrismaClient, row: SealedWebhook, keys: SecretKeys): Promise<boolean> {
  const { id, webhookId, keyId, sealed, isFirst } = row;
  const sealingKey = sealingKeyOf(keys.current);
  const where = { id, keyId, sealed };
  const data = { keyId: sealingKey.id, sealed: resealWebhookParts(keys, sealingKey, webhookId, row) };
  const { count } = isFirst
    ? await db.webhookSecret.updateMany({ where, data })
    : await db.webhookReplacement.updateMany({ where, data });
  return count === 1;
}

async function tryOne(rekeyed: Rekeyed, reseal: () => Promise<boolean>): Promise<void> {
  try {
    if (await reseal()) rekeyed.done += 1;
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    rekeyed.failed.push(error.message);
  }
}

/** How many are sealed by other keys than the newest. */
export async function countOthers(db: PrismaClient, keys: SecretKeys): Promise<number> {
  const others = { keyId: { not: keys.current.id } };
  const [ofTenants, ofWebhooks, replacements] = await Promise.all([
    db.tenantSecret.count({ where: { AND: [others, { keyId: { not: null } }] } }),
    db.webhookSecret.count({ where: others }),
    db.webhookReplacement.count({ where: others }),
  ]);
  return ofTenants + ofWebhooks + replacements;
}

/**
 * Refuses to seal by a key that a process which works for tenants does not seal by itself: its steps would not open
 * anything any more, and go on sealing by the former one. A worker publishes the public half of its key too, for the
 * API, which then seals webhooks' secrets by it.
 * @throws Failure
 */
export async function assertKeyInUse(db: PrismaClient, { current }: SecretKeys): Promise<void> {
  const others = await findOtherSealers(db, current.id);
  if (others.length > 0)
    throw new Failure(
      EXIT.refused,
      `SECRETS_KEY is key ${current.id} here, and not that of ${others.map(sentenceOf).join(', nor of ')}: nothing was changed.`,
      'Restart them with the new SECRETS_KEY, and the former one in SECRETS_OLD_KEYS; then run this again.',
    );
  const newest = await db.sealingKey.findFirst({ orderBy: { publishedAt: 'desc' }, select: { id: true } });
  if (newest?.id === current.id) return;
  throw new Failure(
    EXIT.refused,
    `The workers use ${newest === null ? 'no key yet' : `key ${newest.id}`}, and SECRETS_KEY here is key ${current.id}: nothing was changed.`,
    'First restart all workers with the new SECRETS_KEY, and the former one in SECRETS_OLD_KEYS; the same here.',
  );
}

/** Whether a process has come meanwhile that seals by another key: by its start, or by its connection. */
export const hasOtherSealers = async (db: PrismaClient, { current }: SecretKeys): Promise<boolean> =>
  (await findOtherSealers(db, current.id)).length > 0;

const sentenceOf = ({ host, address, since }: SealingProcess): string =>
  `the worker ${host === null ? 'of an unknown host' : `on ${host}`}${address === null ? '' : ` (${address})`}, connected since ${since.toISOString()}`;
