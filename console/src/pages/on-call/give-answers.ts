import type { AnswerAction } from '@freeflow/contract';
import type { QueryClient } from '@tanstack/react-query';
import { isPassing, Refusal, SignedOut, type Api } from '../../api/client';
import { KEYS } from '../../api/keys';
import { retryEverything, sendAnswer } from '../../api/on-call';
import { addBatch, changeBatch, setReply, type Reply } from './answer-store';
import type { Waiting } from './waiting';

/** A browser has six connections to the API, one of which is the stream. */
const AT_A_TIME = 4;
/** Together longer than the minute in which the API counts requests. */
const PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000];

export interface Answering {
  api: Api;
  client: QueryClient;
}

/** Gives one answer to each of them; what comes of it is in the store as it comes. */
export async function giveAnswers(
  { api, client }: Answering,
  action: AnswerAction,
  targets: readonly Waiting[],
  reason?: string,
): Promise<void> {
  const id = begin(client, action, targets);
  const queue = [...targets];
  const work = async (): Promise<void> => {
    for (let it = queue.shift(); it !== undefined; it = queue.shift()) {
      setReply(id, it.key, { as: 'sending' });
      setReply(id, it.key, await give(api, action, it, reason));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  void client.invalidateQueries({ queryKey: KEYS.stuck });
}

/** Retries all that is stuck by one request, also what is not listed. */
export async function retryAll({ api, client }: Answering, seen: readonly Waiting[]): Promise<void> {
  const id = begin(client, 'retry', seen);
  const key = crypto.randomUUID();
  seen.forEach((it) => setReply(id, it.key, { as: 'sending' }));
  try {
    const { items, isComplete } = await untilItPasses(() => retryEverything(api, key));
    const results = new Map(items.map((it) => [it.id, it.result]));
    const listed = new Set(seen.map(({ tenant }) => tenant.id));
    const others = items.filter((it) => !listed.has(it.id)).length;
    const notes = [
      ...(others > 0 ? [`${others} more were stuck by then, and were retried too.`] : []),
      ...(isComplete ? [] : ['More is stuck than one request retries: retry everything once more.']),
    ];
    changeBatch(id, (batch) => ({
      ...batch,
      items: batch.items.map((it) => ({ ...it, reply: replyTo(results.get(it.waiting.tenant.id)) })),
      ...(notes.length > 0 ? { note: notes.join(' ') } : {}),
    }));
  } catch (error) {
    const reply = failureReply(error);
    changeBatch(id, (batch) => ({ ...batch, items: batch.items.map((it) => ({ ...it, reply })) }));
  }
  void client.invalidateQueries({ queryKey: KEYS.stuck });
}

function begin(client: QueryClient, action: AnswerAction, targets: readonly Waiting[]): string {
  // Before anything is sent: what an event says of them from then on is written here.
  for (const { tenant } of targets) client.setQueryData(KEYS.answered(tenant.id), tenant);
  const id = crypto.randomUUID();
  const items = targets.map((waiting) => ({ waiting, reply: { as: 'queued' } as const }));
  addBatch({ id, action, at: new Date().toISOString(), items });
  return id;
}

async function give(api: Api, action: AnswerAction, it: Waiting, reason: string | undefined): Promise<Reply> {
  if (it.operation === null) return { as: 'refused', title: 'Nothing to answer', detail: it.advice };
  const call = {
    tenantId: it.tenant.id,
    action,
    operationId: it.operation.id,
    // An abort is for the operation as a whole.
    ...(it.step === null || action === 'abort' ? {} : { step: it.step }),
    ...(reason === undefined || reason === '' || action === 'retry' ? {} : { reason }),
  };
  const key = crypto.randomUUID();
  try {
    await untilItPasses(() => sendAnswer(api, call, key));
    return { as: 'given' };
  } catch (error) {
    return failureReply(error);
  }
}

/** Under the same key it is done once, however often it is sent. */
async function untilItPasses<T>(send: () => Promise<T>): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await send();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
  return send();
}

function failureReply(error: unknown): Reply {
  if (error instanceof Refusal) {
    const { title, detail } = error.problem;
    return { as: 'refused', title, detail };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { as: 'refused', title: error instanceof SignedOut ? 'Not given' : 'Not known whether it was given', detail };
}

/** Of one of many: `retried`, the code of a problem, or nothing where it had gone on by then. */
function replyTo(result: string | undefined): Reply {
  if (result === 'retried') return { as: 'given' };
  if (result === undefined)
    return { as: 'refused', title: 'Not retried', detail: 'It was not stuck any more by then.' };
  return { as: 'refused', title: result.replaceAll('-', ' '), detail: '' };
}
