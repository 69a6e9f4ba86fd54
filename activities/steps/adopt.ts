import type { Prisma } from '@freeflow/db-master';
import { BackendFault } from '../../backends/failures';
import { targetOf } from '../ledger';
import { classifyErrors, type StepScope } from './scope';

/**
 * Records the id and the server of what stands there, if it has the tenant's name and carries its nonce; asks the
 * server and changes nothing there.
 * @throws BackendFault `not-adoptable` when it isn't the tenant's, or stands on another server and that wasn't asked for
 */
export async function adopt(scope: StepScope): Promise<string> {
  const { db, backend, ledger, context, tenantName, held } = scope;
  const { acceptServer, requestedBy, evidence } = await db.tenantOperation.findUniqueOrThrow({
    where: { id: context.operationId },
  });
  // An earlier attempt has done it and couldn't report.
  if (evidence !== null) return told(evidence as unknown as Adoption);

  const entry = await ledger.find(context.tenantId, backend.kind);
  if (entry === null || entry.serverId === null || entry.state === 'absent')
    throw refusal(scope, 'nothing is recorded as being there');
  const serverId = await classifyErrors(backend, () => backend.serverId());
  if (serverId !== entry.serverId && !acceptServer)
    throw refusal(
      scope,
      `this is ${serverId}, but ${entry.name} was made on ${entry.serverId}; another server has to be accepted explicitly`,
    );
  const found = await classifyErrors(backend, () => backend.inspect(targetOf(entry, tenantName, held.signal)));
  if (found.state === 'absent') throw refusal(scope, `there is no ${entry.name}`);
  if (found.state === 'foreign') throw refusal(scope, found.owner);
  if (found.partial !== undefined)
    throw refusal(scope, `of ${entry.name} only a part carries the tenant's mark: ${found.partial}`);

  const externalId = found.externalId ?? entry.externalId;
  if (externalId === entry.externalId && serverId === entry.serverId)
    return `${entry.name} is as recorded: nothing to adopt`;
  const adoption: Adoption = {
    name: entry.name,
    from: { externalId: entry.externalId, serverId: entry.serverId },
    to: { externalId, serverId },
    requestedBy,
  };
  // Another server stands at another address; whoever was given the old one finds nothing there any more.
  await ledger.refreshConnection(entry, held, backend.describeConnection(entry));
  await ledger.adopted(entry, adoption.to, { operationId: context.operationId, evidence: { ...adoption } });
  return told(adoption);
}

/** What the operation keeps as its evidence. */
interface Adoption extends Prisma.InputJsonObject {
  name: string;
  from: { externalId: string | null; serverId: string };
  to: { externalId: string | null; serverId: string };
  requestedBy: string;
}

function told({ name, from, to, requestedBy }: Adoption): string {
  const changes = [
    ...(from.externalId === to.externalId
      ? []
      : [`its id ${from.externalId ?? 'none'} becomes ${to.externalId ?? 'none'}`]),
    ...(from.serverId === to.serverId ? [] : [`its server ${from.serverId} becomes ${to.serverId}`]),
  ];
  return `${name} is adopted: ${changes.join(', ')}; asked for by ${requestedBy}`;
}

const refusal = ({ backend }: StepScope, why: string) => new BackendFault('not-adoptable', `${backend.kind}: ${why}`);
