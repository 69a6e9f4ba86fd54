import type { Prisma } from '@freeflow/db-master';
import { BackendFault } from '../../backends/failures';
import { classifyErrors } from '../backend-call';
import { targetOf } from '../ledger';
import type { StepScope } from './scope';

/**
 * Records the id and the server of the resource that is there, if it has the tenant's name and carries its nonce. Reads
 * from the server and changes nothing there.
 * @throws BackendFault `not-adoptable` when it isn't the tenant's, or is on another server and that wasn't accepted
 */
export async function adopt(scope: StepScope): Promise<string> {
  const { db, backend, ledger, context, tenantName, entry, held } = scope;
  const { acceptServer, requestedBy, evidence } = await db.tenantOperation.findUniqueOrThrow({
    where: { id: context.operationId },
  });
  // An earlier attempt has done it and couldn't report.
  if (evidence !== null) return describeAdoption(evidence as unknown as Adoption);

  const refuse = (why: string): never => {
    throw new BackendFault('not-adoptable', `${backend.kind}: ${why}`);
  };
  if (entry === null || entry.serverId === null || entry.state === 'absent')
    return refuse('the ledger records no resource');
  const serverId = await classifyErrors(backend, () => backend.serverId());
  if (serverId !== entry.serverId && !acceptServer)
    return refuse(
      `this is ${serverId}, but ${entry.name} was created on ${entry.serverId}; another server has to be accepted explicitly`,
    );
  const found = await classifyErrors(backend, () => backend.inspect(targetOf(entry, tenantName, held.signal)));
  if (found.state === 'absent') return refuse(`there is no ${entry.name}`);
  if (found.state === 'foreign') return refuse(found.owner);
  if (found.partial !== undefined)
    return refuse(`only a part of ${entry.name} carries the ownership nonce: ${found.partial}`);

  const externalId = found.externalId ?? entry.externalId;
  if (externalId === entry.externalId && serverId === entry.serverId)
    return `${entry.name} is as recorded: nothing to adopt`;
  const adoption: Adoption = {
    name: entry.name,
    from: { externalId: entry.externalId, serverId: entry.serverId },
    to: { externalId, serverId },
    requestedBy,
  };
  // Another server has another address; an application that was given the old one finds nothing there any more.
  await ledger.refreshConnection(entry, held, backend.describeConnection(entry));
  await ledger.recordAdoption(entry, adoption.to, { operationId: context.operationId, evidence: { ...adoption } });
  return describeAdoption(adoption);
}

/** What the operation keeps as its evidence. */
interface Adoption extends Prisma.InputJsonObject {
  name: string;
  from: { externalId: string | null; serverId: string };
  to: { externalId: string | null; serverId: string };
  requestedBy: string;
}

function describeAdoption({ name, from, to, requestedBy }: Adoption): string {
  const changes = [
    ...(from.externalId === to.externalId
      ? []
      : [`its id ${from.externalId ?? 'none'} becomes ${to.externalId ?? 'none'}`]),
    ...(from.serverId === to.serverId ? [] : [`its server ${from.serverId} becomes ${to.serverId}`]),
  ];
  return `${name} is adopted: ${changes.join(', ')}; requested by ${requestedBy}`;
}
