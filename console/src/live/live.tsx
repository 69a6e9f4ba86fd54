import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { isAnswering } from '../api/is-answering';
import { followEvents, type StreamState } from '../api/stream';
import { useApi } from '../auth/session';
import { createCacheWriter } from './cache-writer';

/** `alone`: cut, while the API answers. */
export type LiveState = StreamState | 'alone';

const LiveContext = createContext<LiveState>('connecting');

/** Where no stream comes through. */
const READ_EVERY_MS = 15_000;

/** How the stream of events stands, by which all that is shown stays true. */
export const useStreamState = (): LiveState => useContext(LiveContext);

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
  const [isThere, setThere] = useState(false);
  useEffect(() => {
    // What could not be read meanwhile is not read by an event.
    if (state === 'open') void client.invalidateQueries({ predicate: (query) => query.state.status === 'error' });
    if (state !== 'cut') return;
    const look = async () => {
      const answers = await isAnswering();
      setThere(answers);
      if (answers) await client.invalidateQueries();
    };
    void look();
    const timer = setInterval(() => void look(), READ_EVERY_MS);
    return () => {
      clearInterval(timer);
      setThere(false);
    };
  }, [state, client]);
  return <LiveContext value={state === 'cut' && isThere ? 'alone' : state}>{children}</LiveContext>;
}
