import { randomUUID } from 'node:crypto';
import type { BackendKind } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ActivityHarness } from './activity-harness';
import type { TestInstallation } from './installation';
import { until } from './until';

export interface Report {
  id: string;
  requestedBy: string;
  fix: boolean;
  counts: Record<string, number>;
  findings: Finding[];
}

export interface Drop {
  state: string;
  cause: string | null;
  evidence: unknown;
  requestedBy: string;
}

export const KINDS = ['postgres', 'mongodb', 'qdrant', 'keycloak'] as const;

/** What a tenant's things are called. */
export const namesOf = (name: string) => ({
  postgres: `freeflow_${name}`,
  mongodb: `freeflow_${name}`,
  qdrant: `freeflow_${name}_vectors`,
  keycloak: `freeflow-${name}`,
});

/** Requests a reconciliation and waits for its report. */
export async function reconcileIn(installation: TestInstallation, fix: boolean): Promise<Report> {
  const { status, body, text } = await installation.request('POST', '/reconcile', { fix });
  if (status !== 202) throw new Error(text);
  return until('the report is there', async () => {
    const report = await installation.request('GET', `/reconcile/${String(body.id)}`);
    return report.status === 200 ? (report.body as unknown as Report) : undefined;
  });
}

/** Requests the drop of an orphan and waits until that has ended. */
export async function dropIn(
  installation: TestInstallation,
  backend: string,
  name: string,
  externalId: string,
): Promise<Drop> {
  const { body } = await installation.request('POST', '/resources/drop', { backend, name, externalId });
  return until('the drop has ended', async () => {
    const { status, body: it } = await installation.request('GET', `/resources/drops/${String(body.id)}`);
    return status === 200 && it['state'] !== 'running' ? (it as unknown as Drop) : undefined;
  });
}

/** Lets a run happen in this process; gives its id. */
async function inRun(work: () => Promise<unknown>): Promise<string> {
  const runId = randomUUID();
  const info = { workflowExecution: { workflowId: 'run', runId } };
  await new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') }).run(work);
  return runId;
}

/** A reconciliation by an installation that is in this process. */
export async function reconcileHere({ activities, db }: ActivityHarness, fix: boolean): Promise<Report> {
  const id = await inRun(() => activities.reconcile({ requestedBy: 'test', fix }));
  return (await db.reconcileReport.findUniqueOrThrow({ where: { id } })) as unknown as Report;
}

/** A drop of an orphan by an installation that is in this process. */
export async function dropHere(
  { activities, db }: ActivityHarness,
  backend: BackendKind,
  name: string,
  externalId: string,
): Promise<Drop> {
  const id = await inRun(() => activities.dropOrphan({ backend, name, externalId, requestedBy: 'test' }));
  return db.orphanDrop.findUniqueOrThrow({ where: { id } });
}

/** What was found, in short and in order. */
export const inShort = ({ findings }: Pick<Report, 'findings'>): string[] =>
  findings
    .map(
      (it) =>
        `${it.class} ${it.backend ?? 'operation'} ${it.name ?? '-'}: ${it.what}${it.fixable ? ' (fixable)' : ''}${it.fixed ? ' (fixed)' : ''}`,
    )
    .sort();
