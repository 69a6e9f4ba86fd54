import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { KEYS } from '../../api/keys';
import { redeliverAll } from '../../api/webhooks';
import { useApi } from '../../auth/session';

/** How far it is: so many go again. */
export interface Redelivering {
  count: number;
  state: 'running' | 'stopped' | 'done' | 'failed';
  error: unknown;
}

export type Redelivery = ReturnType<typeof useRedeliverAll>;

/** Sends all again that has failed until now, a request after the other, until it is stopped or its page is left. */
export function useRedeliverAll(id: string) {
  const api = useApi();
  const client = useQueryClient();
  const [progress, setProgress] = useState<Redelivering>();
  const stopping = useRef<AbortController>(undefined);
  useEffect(() => () => stopping.current?.abort(), []);
  const begin = async (): Promise<void> => {
    const { signal } = (stopping.current = new AbortController());
    let count = 0;
    let isAll = false;
    const tell = (state: Redelivering['state'], error: unknown = null) => setProgress({ count, state, error });
    tell('running');
    try {
      for await (const { redelivered, isComplete } of redeliverAll(api, id, signal)) {
        count += redelivered;
        isAll = isComplete;
        tell('running');
      }
      tell(isAll ? 'done' : 'stopped');
    } catch (error) {
      tell('failed', error);
    }
    void client.invalidateQueries({ queryKey: KEYS.webhooks });
  };
  return { progress, begin, stop: () => stopping.current?.abort(), dismiss: () => setProgress(undefined) };
}
