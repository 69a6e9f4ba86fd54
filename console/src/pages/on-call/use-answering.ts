import type { AnswerAction } from '@freeflow/contract';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { stuckQuery } from '../../api/on-call';
import { useApi } from '../../auth/session';
import { compareWaiting, type Change } from './changes';
import { answerable } from './offers';
import { listWaiting, type Waiting } from './waiting';

/** An answer that is about to be given. */
export interface Question {
  action: AnswerAction;
  /** As one has seen them last. */
  targets: readonly Waiting[];
  /** All that is stuck, whatever is listed. */
  isEverything: boolean;
  /** What has changed since; empty while nothing has, or nobody has asked. */
  changes: readonly Change[];
  /** How many more are stuck since, where everything is meant. */
  added: number;
  /** Why it could not be seen what has changed. */
  error: unknown;
}

/**
 * Gives answers once it is seen that what they are for is as one has looked at it. Otherwise the question says what has
 * changed, and is asked again.
 */
export function useAnswering() {
  const api = useApi();
  const client = useQueryClient();
  const [question, setQuestion] = useState<Question | null>(null);
  const [isChecking, setChecking] = useState(false);

  const checkAndGive = async (asked: Question, reason?: string): Promise<void> => {
    if (isChecking) return;
    setChecking(true);
    try {
      const { items, notAsked } = await client.fetchQuery({ ...stuckQuery(api), staleTime: 0 });
      const all = listWaiting(items);
      const { still, changes } = compareWaiting(asked.targets, all, notAsked === 0);
      const targets = answerable(asked.action, asked.isEverything ? all : still);
      // Said once: while a server is away there may be another one each time.
      const added = asked === question || !asked.isEverything ? 0 : targets.length - still.length;
      if (changes.length > 0 || added > 0) return setQuestion({ ...asked, targets, changes, added, error: null });
      const { giveAnswers, retryAll } = await import('./later');
      setQuestion(null);
      const answering = { api, client };
      void (asked.isEverything ? retryAll(answering, targets) : giveAnswers(answering, asked.action, targets, reason));
    } catch (error) {
      setQuestion({ ...asked, error });
    } finally {
      setChecking(false);
    }
  };

  return {
    question,
    isChecking,
    close: () => setQuestion(null),
    /** A retry can do no harm, and is given at once where nothing has changed; the others are asked for. */
    ask: (action: AnswerAction, seen: readonly Waiting[], isEverything = false) => {
      const targets = answerable(action, seen);
      const asked: Question = { action, targets, isEverything, changes: [], added: 0, error: null };
      if (action === 'retry') void checkAndGive(asked);
      else setQuestion(asked);
    },
    confirm: (reason?: string) => {
      if (question !== null) void checkAndGive(question, reason);
    },
  };
}

export type Ask = ReturnType<typeof useAnswering>['ask'];
