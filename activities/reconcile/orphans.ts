import { tenantNameOf, tenantNames, type BackendKind, type PrismaClient, type TenantResource } from '@freeflow/db-master';
import type { Backend, Marked } from '../backend';
import { messageOf } from '../failures';
import { isSameServer } from '../ledger';
import { asked } from './asked';
import { finding, type Finding } from './finding';
import type { Reconciling } from './reconciling';

/** A row of these means that the thing belongs to somebody, or is just being made. */
const LIVE: ReadonlySet<string> = new Set(['present', 'disabled', 'intended']);

/** Finds what is ours at the servers and in no live row of the ledger. Where nothing can be listed, names known elsewhere are asked for. */
export async function findOrphans(work: Reconciling): Promise<Finding[]> {
  const listing = work.backends.filter(({ asksByName }) => asksByName !== true);
  const found = (await Promise.all(listing.map((backend) => orphansAt(work, backend, [])))).flat();
  const names = await namesToAskFor(work.db, found);
  const others = work.backends.filter(({ asksByName }) => asksByName === true);
  return [...found, ...(await Promise.all(others.map((backend) => orphansAt(work, backend, names)))).flat()];
}

async function orphansAt(work: Reconciling, backend: Backend, names: readonly string[]): Promise<Finding[]> {
  const { kind } = backend;
  const list = (those: readonly string[]) => asked(backend, work.signal, () => backend.marked(those, work.signal));
  try {
    const serverId = await asked(backend, work.signal, () => backend.serverId());
    const candidates = await orphansAmong(work, { kind, serverId }, await list(names));
    if (candidates.length === 0) return [];
    // What was just being dropped when it was listed is gone by now.
    const still = await list(candidates.map(({ name }) => name));
    return candidates.filter((it) => still.some((other) => other.name === it.name && other.nonce === it.nonce)).map((it) => orphan(kind, it, serverId));
  } catch (error) {
    if (work.signal.aborted) throw error;
    return [finding('unknown', messageOf(error), { resource: kind })];
  }
}

function orphan(kind: BackendKind, { name, nonce, externalId, row, isElsewhere }: Candidate, serverId: string): Finding {
  const its = { resource: kind, name, id: externalId ?? nonce, tenantId: row?.tenantId ?? null };
  if (isElsewhere) return finding('unknown', `it carries our mark, but this is ${serverId}, ${row === undefined ? 'of which the ledger knows nothing' : `recorded is ${row.serverId}`}`, its);
  return finding('orphan', row === undefined ? 'the ledger knows nothing of it' : `the ledger says that it is ${row.state}`, its);
}

/** Something of ours with its row in the ledger, if there is one. */
export interface Candidate extends Marked {
  row: TenantResource | undefined;
  /** Seen at another server than the recorded one, or than all that are recorded: nothing is concluded. */
  isElsewhere: boolean;
}

/**
 * Those that are ours and have no live row. The ledger is read after the server was: a row is written before its thing
 * is made, so whatever was seen has had its row by now.
 */
export async function orphansAmong({ db, installation }: Pick<Reconciling, 'db' | 'installation'>, at: { kind: BackendKind; serverId: string }, marked: readonly Marked[]): Promise<Candidate[]> {
  const ledger = await db.tenantResource.findMany({ where: { kind: at.kind } });
  const rows = new Map(ledger.map((it) => [it.nonce, it]));
  const servers = new Set(ledger.flatMap(({ serverId }) => serverId ?? []));
  const isAnother = servers.size > 0 && ![...servers].some((it) => isSameServer(it, at.serverId));
  const candidates: Candidate[] = [];
  for (const it of marked) {
    const row = rows.get(it.nonce);
    const isOrphan = row === undefined ? await installation.made(it.nonce) : !LIVE.has(row.state);
    if (isOrphan) candidates.push({ ...it, row, isElsewhere: isAnother || !isSameServer(row?.serverId ?? at.serverId, at.serverId) });
  }
  return candidates;
}

/** Of all tenants that have no live realm by the ledger, and of those whose orphans were found elsewhere. */
async function namesToAskFor(db: PrismaClient, elsewhere: readonly Finding[]): Promise<string[]> {
  const tenants = await db.tenant.findMany({
    where: { resources: { none: { kind: 'keycloak', state: { in: ['present', 'disabled', 'intended'] } } } },
    select: { realmName: true },
    distinct: ['realmName'],
  });
  const known = elsewhere.flatMap(({ name }) => tenantNameOf(name ?? '') ?? []);
  return [...new Set([...tenants.map((it) => it.realmName), ...known.map((it) => tenantNames(it).realmName)])].sort();
}
