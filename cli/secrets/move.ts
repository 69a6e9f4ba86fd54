import { setTimeout as delay } from 'node:timers/promises';
import type { PrismaClient } from '@freeflow/db-master';
import { withSession } from '@freeflow/lib/pg';
import { secretMover, SecretError, type SecretKeys, type SecretVault } from '@freeflow/lib/secrets';
import { Limiter } from '../../backends/limiter';
import { EXIT, Failure } from '../failure';
import { eachPage } from './pages';

/** Where secrets are moved to. */
export type Destination = 'db' | 'vault';

/** What became of all that were elsewhere. */
export interface MovedAll {
  done: number;
  /** Left where they are, since a step was at work on them for too long: run it again. */
  busy: number;
  /** Nothing is stored of these yet: a create in progress, or one that is parked, stores it where its row says. */
  absent: number;
  /** Why these were left. */
  failed: string[];
}

interface Move {
  db: PrismaClient;
  keys: SecretKeys;
  vault: SecretVault;
  /** Filled as it goes on, also by what fails in the end. */
  moved: MovedAll;
  onProgress: (moved: MovedAll) => void;
}

const PAGE = 100;
/** Each holds a connection for the time that the vault takes. */
const AT_ONCE = 4;
const TRIES = 20;
const PAUSE_MS = 250;

/**
 * Moves all secrets of tenants, one by one, each while no step works on it. Done again, it goes on with what is left.
 * @throws VaultError when the vault is away: what was moved stays so
 */
export async function moveSecrets(to: Destination, { db, keys, vault, moved, onProgress }: Move): Promise<MovedAll> {
  const move = secretMover(db, keys, vault);
  const limiter = new Limiter(AT_ONCE);
  const moveOne = async (id: string): Promise<void> => {
    try {
      const outcome = await whileBusy(() => move(to, id));
      if (outcome !== 'gone') moved[outcome === 'moved' ? 'done' : outcome] += 1;
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      moved.failed.push(error.message);
    }
  };
  const readPage = (after: string) => pageOf(db, to, after);
  await eachPage(readPage, async (page) => {
    const outcomes = await Promise.allSettled(page.map(({ id }) => limiter.run(undefined, () => moveOne(id))));
    for (const it of outcomes) if (it.status === 'rejected') throw it.reason;
    onProgress(moved);
  });
  return moved;
}

/**
 * Two that move into opposite directions would go on for ever, each undoing what the other has done.
 * @throws Failure when another command moves secrets of this master database
 */
export const whileNoneMoves = <T>(url: string, work: () => Promise<T>): Promise<T> =>
  withSession(
    url,
    async (session) => {
      const { rows } = await session.query<{ isHeld: boolean }>(
        `SELECT pg_try_advisory_lock(hashtextextended('freeflow.secrets.move', 0)) AS "isHeld"`,
      );
      if (rows[0]?.isHeld === true) return work();
      throw new Failure(EXIT.refused, 'Another command is moving secrets: nothing was changed.', 'Wait for its end.');
    },
    { applicationName: 'freeflow-secrets' },
  );

/** A step takes seconds at most, and parked ones hold no lock. */
async function whileBusy<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const outcome = await act();
    if (outcome !== 'busy' || tries === TRIES) return outcome;
    await delay(PAUSE_MS);
  }
}

const pageOf = (db: PrismaClient, to: Destination, after: string): Promise<{ id: string }[]> =>
  db.tenantSecret.findMany({
    where: { id: { gt: after }, ...(to === 'vault' ? { keyId: { not: null } } : { vaultRef: { not: null } }) },
    select: { id: true },
    orderBy: { id: 'asc' },
    take: PAGE,
  });
