interface VerbRow {
  /** What a step of it does, for the Temporal UI: followed by "the PostgreSQL database". */
  readonly summary: string;
  /** What it means, for on-call. */
  readonly meaning: string;
}

/** What can be done at every backend: one activity a verb and backend. */
export const BACKEND_VERBS = {
  create: {
    summary: 'create',
    meaning: 'Creates the resource and its credentials, or verifies and completes what an earlier attempt created.',
  },
  apply: {
    summary: 'apply the blueprint to',
    meaning: 'Gives the resource what the blueprint says, file by file: what is applied already is left as it is.',
  },
  probe: {
    summary: 'probe',
    meaning: "Reads and writes with the tenant's own credentials, and checks that they are refused everywhere else.",
  },
  disable: {
    summary: 'cut off',
    meaning: "Takes access away and ends open sessions, and checks that the tenant's own credentials are refused.",
  },
  enable: {
    summary: 'restore access to',
    meaning: 'Gives access back as it was before it was taken away, and probes it.',
  },
  drop: {
    summary: 'drop',
    meaning: 'Drops what carries our nonce and reads back that it is absent; what is not ours is left alone.',
  },
  limit: {
    summary: 'limit',
    meaning: "Sets the limits of the tenant's plan, once those that it had are kept.",
  },
  relimit: {
    summary: 'set back the limits of',
    meaning: 'Sets the limits that it had before the plan was changed.',
  },
  adopt: {
    summary: 'adopt',
    meaning: 'Records under which id, and on which server, the resource is found since its server was restored.',
  },
  issue: {
    summary: 'make new credentials for',
    meaning: 'Makes a new credential valid beside those that are, and probes it; nothing is taken from anybody.',
  },
  withdraw: {
    summary: 'withdraw the new credentials of',
    meaning: 'Ends the credential that a rotation was making, and sees it refused; those before stay valid.',
  },
  retire: {
    summary: 'end the old credentials of',
    meaning: 'Ends the credentials that a rotation has replaced, with their sessions, and sees them refused.',
  },
} as const satisfies Record<string, VerbRow>;

export type BackendVerb = keyof typeof BACKEND_VERBS;

export const BACKEND_VERB_NAMES = Object.keys(BACKEND_VERBS) as [BackendVerb, ...BackendVerb[]];
