import type { Client } from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time';
import { GRPC, hasStatus, ifAllowed } from './refusals';

/** How it stands with a namespace, and how long it keeps the history of a run that has ended, in ms. */
export type NamespaceState =
  | { readonly did: 'created' | 'changed' | 'nothing'; readonly retentionMs: number }
  /** It is there, and keeps histories for another time, which the server does not let us change. */
  | { readonly did: 'may-not-change'; readonly retentionMs: number }
  /** It is not there, and the server does not let us create it, or look. */
  | { readonly did: 'may-not-create' };

/**
 * Sees to it that the client's namespace is there.
 * @param retentionMs how long it is to keep the history of a run that has ended; left out, one that is there stays as
 * it is
 * @throws Error when Temporal doesn't answer
 */
export async function ensureNamespace(
  { workflowService, options: { namespace } }: Client,
  retentionMs: number | undefined,
  standardRetentionMs: number,
): Promise<NamespaceState> {
  const found = await ifAllowed(() => retentionOf({ workflowService, namespace }));
  if (found === undefined) return { did: 'may-not-create' };
  if (found === 'absent') {
    const wantedMs = retentionMs ?? standardRetentionMs;
    const created = await ifAllowed(async () => {
      await workflowService
        .registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs(wantedMs) })
        .catch((error: unknown) => {
          if (!hasStatus(error, GRPC.alreadyExists)) throw error;
        });
      return true;
    });
    return created === undefined ? { did: 'may-not-create' } : { did: 'created', retentionMs: wantedMs };
  }
  if (retentionMs === undefined || found === retentionMs) return { did: 'nothing', retentionMs: found };
  const changed = await ifAllowed(() =>
    workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: msToTs(retentionMs) } }),
  );
  return changed === undefined ? { did: 'may-not-change', retentionMs: found } : { did: 'changed', retentionMs };
}

async function retentionOf({
  workflowService,
  namespace,
}: Pick<Client, 'workflowService'> & { namespace: string }): Promise<number | 'absent'> {
  try {
    const { config } = await workflowService.describeNamespace({ namespace });
    return tsToMs(config?.workflowExecutionRetentionTtl);
  } catch (error) {
    if (hasStatus(error, GRPC.notFound)) return 'absent';
    throw error;
  }
}
