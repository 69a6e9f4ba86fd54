import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query';
import { useApi } from '../auth/session';
import { tellFailure } from '../parts/tell-failure';
import type { Api } from './client';

interface Change<V, T> {
  /** What asks the API for it. */
  send: (api: Api, given: V) => Promise<T>;
  /** What it makes stale, also where it is refused: it may be so for what has happened since. */
  stale: QueryKey;
  /** What is told once it is accepted. */
  told?: (result: T) => string;
  onDone?: (result: T) => void;
}

/** Something a person asks for by one click: done, or told why not. */
export function useChange<V, T>({ send, stale, told, onDone }: Change<V, T>) {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (given: V) => send(api, given),
    onSuccess: (result) => {
      if (told !== undefined) notifications.show({ message: told(result) });
      onDone?.(result);
    },
    onError: tellFailure,
    onSettled: () => client.invalidateQueries({ queryKey: stale }),
  });
}
