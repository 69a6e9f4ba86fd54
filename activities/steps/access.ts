import { setTimeout as delay } from 'node:timers/promises';
import type { Target } from '../backend';
import { BackendFault } from '../failures';
import { changed, effect, judged, keptSecrets, presentEntry, settledAt, tried, type KnownEntry, type Work } from './work';

/** Cuts the tenant off, and sees its own credentials refused. */
export async function disable(work: Work): Promise<string> {
  const { backend } = work;
  const name = await change(work, 'disabled', (target) => backend.disable(target), (target, secrets) => backend.refused(target, secrets));
  return `${name} is cut off: the tenant's own credentials are refused`;
}

/** Gives the access back, and tries it out as the tenant. */
export async function enable(work: Work): Promise<string> {
  const { backend } = work;
  const name = await change(work, 'present', (target, secrets) => backend.enable(target, secrets), (target, secrets) => backend.probe(target, secrets));
  return `${name} is given back: the tenant's own credentials work, and are refused elsewhere`;
}

type Call = (...args: Parameters<Work['backend']['enable']>) => Promise<void>;

/** Acts and looks, and acts again once no earlier unanswered call can turn it round any more. */
async function change(work: Work, state: 'present' | 'disabled', act: Call, look: Call): Promise<string> {
  const { backend, ledger } = work;
  const { entry, target } = await presentEntry(work);
  await refuseStranger(work, entry, target);
  const { values } = await keptSecrets(work, target);
  for (const end = await settledAt(work, entry); ; ) {
    const isSettled = performance.now() >= end;
    await effect(work, entry, entry.serverId, () => act(target, values));
    await (state === 'present' ? tried(work, entry, () => look(target, values)) : judged(backend, () => look(target, values)));
    if (isSettled) break;
    await delay(Math.max(0, end - performance.now()), undefined, { signal: target.signal });
  }
  await ledger.reached(entry, work.held, state);
  return entry.name;
}

async function refuseStranger({ backend }: Work, entry: KnownEntry, target: Target): Promise<void> {
  const found = await judged(backend, () => backend.inspect(target));
  if (found.state === 'foreign') throw new BackendFault('foreign-resource', `${backend.kind}: ${found.owner}`);
  if (found.state === 'absent') throw new BackendFault('missing-resource', `${backend.kind}: ${entry.name} isn't there any more`);
  if (found.only !== undefined) throw new BackendFault('missing-resource', `${backend.kind}: of ${entry.name} only a part carries the tenant's mark: ${found.only}`);
  if (found.externalId !== undefined && entry.externalId !== null && found.externalId !== entry.externalId) throw changed(entry, found.externalId);
}
