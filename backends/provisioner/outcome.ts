/** The password of a provisioner. */
export interface Password {
  /** What a new one gets. */
  value: string;
  /** Whether one that exists gets it too; otherwise it keeps its own, since a worker may be using it. */
  isForced: boolean;
}

/** What a set-up did at one backend. */
export interface Outcome {
  /** One line for each change: what was created or repaired; none where all was as it should be. */
  did: readonly string[];
  /** What should be different and can't be changed by the owner given, with the way out. */
  warnings: readonly string[];
  /**
   * The provisioner's password; undefined where one that existed has kept its own, which the server does not reveal.
   */
  password: string | undefined;
}
