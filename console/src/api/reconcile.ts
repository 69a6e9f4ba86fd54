import { dropSchema, reportSchema, startedSchema, type OrphanDropBody, type ReportBody } from '@freeflow/contract/http';
import type { dropBody } from '@freeflow/contract/http';
import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { Refusal, type Api } from './client';
import { KEYS } from './keys';

const POLL_MS = 1_000;
/** Where it takes longer than most, as it waits for its turn or there is no worker. */
const PATIENT_POLL_MS = 5_000;
const POLLS = 60;
/** The schedule makes one an hour, and others may ask for one. */
const READ_EVERY_MS = 30_000;

/** A report by its id, or the last one; null where there is none, or not yet. */
export const reportQuery = (api: Api, id: string | undefined) =>
  queryOptions({
    queryKey: KEYS.report(id),
    queryFn: ({ signal }) => readReport(api, id, signal),
    refetchInterval: ({ state }) => {
      if (id === undefined) return READ_EVERY_MS;
      // Once it is there it never changes.
      if (state.data !== undefined && state.data !== null) return false;
      return state.dataUpdateCount > POLLS ? PATIENT_POLL_MS : POLL_MS;
    },
  });

const readReport = (api: Api, id: string | undefined, signal: AbortSignal): Promise<ReportBody | null> =>
  orNull(api.call(reportSchema, { path: id === undefined ? '/reconcile' : `/reconcile/${id}`, signal }));

/** Null while there is none. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refusal && error.problem.code === 'report-unknown') return null;
    throw error;
  }
}

/** Compares now; with `fix` it repairs what is safe. Its report is there, by the id, when it has ended. */
export const startReconciliation = (api: Api, fix: boolean) =>
  api.call(startedSchema, { method: 'POST', path: '/reconcile', body: { fix } });

export const dropOrphan = (api: Api, body: z.output<typeof dropBody>) =>
  api.call(startedSchema, { method: 'POST', path: '/resources/drop', body });

/** How the drop of an orphan goes; null while nothing is known of it. */
export const dropQuery = (api: Api, id: string | undefined) =>
  queryOptions({
    queryKey: [...KEYS.reconcile, 'drop', id],
    queryFn: ({ signal }): Promise<OrphanDropBody | null> =>
      orNull(api.call(dropSchema, { path: `/resources/drops/${id}`, signal })),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => ((state.data?.state ?? 'running') === 'running' ? POLL_MS : false),
  });
