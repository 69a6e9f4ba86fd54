import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { followEvents, type StreamState } from '../api/stream';
import { useApi } from '../auth/session';
import { createCacheWriter } from './cache-writer';

const LiveContext = createContext<StreamState>('connecting');

/** How the stream of events stands, by which all that is shown stays true. */
export const useStreamState = (): StreamState => useContext(LiveContext);

/** Follows all events while the page is open, and writes them into what the pages show. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const api = useApi();
  const client = useQueryClient();
  const [state, setState] = useState<StreamState>('connecting');
  useEffect(() => {
    const ended = new AbortController();
    const writer = createCacheWriter(client);
    void followEvents(api, { onEvent: writer.write, onState: setState, onGap: writer.readAll }, ended.signal);
    return () => {
      ended.abort();
      writer.stop();
    };
  }, [api, client]);
  return <LiveContext value={state}>{children}</LiveContext>;
}
