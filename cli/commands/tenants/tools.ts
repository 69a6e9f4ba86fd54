import { caller } from '../../client/http';
import { openSession } from '../../client/session';
import { tenantsOf, type Tenants } from '../../client/tenants';
import { invocationOf } from '../../invocation';
import { News } from '../../news';
import { say } from '../../show/printable';
import { openTerminal, type Terminal } from '../../terminal';

/** What a command is given from outside. */
export interface Host {
  env: NodeJS.ProcessEnv;
  /** Sets the exit code of the process. */
  end: (exitCode: number) => void;
}

/** What every command about tenants works with. */
export interface Tools {
  tenants: Tenants;
  /** For loops, which wait by themselves where the API refuses something for now. */
  watched: Tenants;
  /** For those that follow what goes on by itself: behind everything that a person waits for. */
  followed: Tenants;
  /** Tells when something has happened to a tenant. */
  newsOf: (tenantId: string, signal: AbortSignal) => News;
  terminal: Terminal;
  /** How to call this program, in texts for people. */
  freeflow: string;
}

export interface CommonOptions {
  json?: boolean;
}

/** @param signal ends every request in progress */
export function toolsOf(options: CommonOptions, env: NodeJS.ProcessEnv, signal?: AbortSignal): Tools {
  const session = openSession(env);
  return {
    tenants: tenantsOf(caller(session, { signal })),
    watched: tenantsOf(caller(session, { isPatient: false, signal })),
    followed: tenantsOf(caller(session, { isPatient: false, isUrgent: false, signal })),
    newsOf: (tenantId, over) => new News(session, tenantId, over),
    terminal: openTerminal(options),
    freeflow: invocationOf(env),
  };
}

/** Prints the answer for programs. */
export const printJson = (answer: unknown): void => {
  say(JSON.stringify(answer, null, 2));
};
