import type { ProblemBody } from '@freeflow/contract/http';
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { ErrorResponse, type UserManager } from 'oidc-client-ts';
import { createContext, useContext, useMemo, useState, type ReactNode } from 'react';
import { useAuth } from 'react-oidc-context';
import { createApi, isPassing, NotSent, Refusal, SignedOut, type Api } from '../api/client';
import { stateOfHere } from './user-manager';

export interface Session {
  api: Api;
  /** How the issuer calls who is signed in. */
  name: string;
  /** By which the API knows who that is. */
  subject: string;
  /** Whether the sign-in has ended: what is shown may be old. */
  hasEnded: boolean;
  /** Why the API takes no token of this person, however new; null while it does. */
  rejected: ProblemBody | null;
  /** Why the API lets this person read nothing; null while it does. */
  forbidden: ProblemBody | null;
  /** Shows pages again, and so asks whether they may be read by now. */
  recheck: () => void;
  signIn: () => void;
  signOut: () => void;
}

const SessionContext = createContext<Session | null>(null);

/** Who is signed in, and the API as this person. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('used outside a session');
  return session;
}

export const useApi = (): Api => useSession().api;

const MOST_RETRIES = 3;
/** What was read less long ago is not read again when it is shown again: the stream tells what has changed. */
const FRESH_FOR_MS = 10_000;

/** For all below it: somebody is signed in, or was until just now. */
export function SessionProvider({ manager, children }: { manager: UserManager; children: ReactNode }) {
  const auth = useAuth();
  const [hasEnded, setEnded] = useState(false);
  const [denial, setDenial] = useState<ProblemBody | null>(null);
  const { api, client } = useMemo(() => {
    const tokenOf = tokenSource(manager, setEnded);
    return { api: createApi(tokenOf), client: createQueryClient(setDenial) };
  }, [manager]);
  const session: Session = {
    api,
    name: nameOf(auth.user?.profile ?? {}),
    subject: auth.user?.profile.sub ?? '',
    hasEnded,
    rejected: denial?.status === 401 ? denial : null,
    forbidden: denial?.status === 403 ? denial : null,
    recheck: () => setDenial(null),
    signIn: () => void auth.signinRedirect({ state: stateOfHere() }),
    signOut: () => void signOut(manager),
  };
  return (
    <SessionContext value={session}>
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    </SessionContext>
  );
}

const nameOf = ({ preferred_username: username, name, sub }: { [claim: string]: unknown }): string =>
  [username, name, sub].find((it): it is string => typeof it === 'string') ?? 'signed in';

/** Also where the issuer has no way to end its own session. */
async function signOut(manager: UserManager): Promise<void> {
  try {
    await manager.signoutRedirect();
  } catch {
    await manager.removeUser();
  }
}

/** Renewals at the same moment are one: an issuer may take a refresh token once only. */
function tokenSource(manager: UserManager, setEnded: (hasEnded: boolean) => void) {
  let renewal: Promise<string> | undefined;
  /** The refresh token that the issuer takes no more: it is not asked again. */
  let refused: string | undefined;
  const renew = async (): Promise<string> => {
    const token = (await manager.getUser())?.refresh_token;
    try {
      const user = token === undefined || token === refused ? null : await manager.signinSilent();
      if (user !== null) {
        setEnded(false);
        return user.access_token;
      }
    } catch (cause) {
      // Only what the issuer says itself is an end; it may be away for a while.
      const isAway =
        !(cause instanceof ErrorResponse) || ['server_error', 'temporarily_unavailable'].includes(cause.error ?? '');
      if (isAway) throw new NotSent('The issuer of tokens does not answer.', { cause });
      refused = token;
    }
    setEnded(true);
    throw new SignedOut('Your sign-in has ended.');
  };
  return async ({ isRefused } = { isRefused: false }): Promise<string> => {
    const user = await manager.getUser();
    if (user !== null && user.expired !== true && !isRefused) return user.access_token;
    renewal ??= renew().finally(() => (renewal = undefined));
    return renewal;
  };
}

const createQueryClient = (setDenial: (problem: ProblemBody | null) => void): QueryClient =>
  new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof Refusal && [401, 403].includes(error.problem.status)) setDenial(error.problem);
      },
      onSuccess: () => setDenial(null),
    }),
    defaultOptions: {
      queries: {
        // The browser's idea of being online says nothing about a server on this machine.
        networkMode: 'always',
        staleTime: FRESH_FOR_MS,
        retry: (count, error) => isPassing(error) && count < MOST_RETRIES,
      },
      mutations: { networkMode: 'always' },
    },
  });
