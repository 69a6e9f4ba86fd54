/** One file of a blueprint: its path below the folder, with `/`. */
export interface BlueprintFile {
  readonly path: string;
  readonly content: string;
  /** SHA-256 of the content. */
  readonly checksum: string;
}

/** What is wrong in a file, for people; never holds a secret. */
export interface BlueprintProblem {
  readonly path: string;
  readonly line?: number;
  readonly message: string;
}

/** What a blueprint may say of one backend. */
export interface BlueprintForm {
  /** Which files are this backend's. */
  readonly paths: RegExp;
  /** The same for people. */
  readonly pathsShown: string;
  /**
   * Whether a file is applied once, and so never changes any more once any tenant has it. All others say what is to be
   * there: they may change, and are compared with what is there each time.
   */
  isOnce(path: string): boolean;
  /** Whether two versions of a file contradict each other for a tenant that has the first: why, for people. */
  findContradiction?(before: BlueprintFile, now: BlueprintFile): string | undefined;
  /** What is wrong in a file. Asks no server. */
  check(file: BlueprintFile): Promise<readonly BlueprintProblem[]>;
}

/** A blueprint, read and in order. */
export interface Blueprint {
  readonly version: number;
  /** Of all its files. */
  readonly checksum: string;
  /** In the order in which they are applied. */
  readonly files: readonly BlueprintFile[];
}

/** The files of one backend, in their order. */
export const filesOf = <File extends { path: string }>(
  form: Pick<BlueprintForm, 'paths'>,
  files: readonly File[],
): File[] => files.filter(({ path }) => form.paths.test(path));
