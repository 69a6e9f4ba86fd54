import type { TenantSession } from './tenant-session';

/** One thing that a tenant tries with what it holds, and the one answer that is right. */
export interface Attack {
  /** What is tried, in the words of docs/reports/isolation.md. */
  what: string;
  /** With whose credentials. */
  as: string;
  /**
   * `done`, or the server's own code or status: a refusal by authorization, unless the row gives the reason why it
   * can't be one.
   */
  answer: string;
  /**
   * Tries it and says what came of it. Cleans up after itself where the attempt leaves something that is the attacker's
   * own right to make. Throws on a timeout or a lost connection: neither is an answer.
   */
  run(by: TenantSession, on: TenantSession): Promise<string>;
}

/** All that is tried at one backend, in parts. */
export interface Matrix {
  title: string;
  /** What the codes in the answers stand for. */
  codes: string;
  parts: readonly { title: string; attacks: readonly Attack[] }[];
}

/** The three parts at each backend. */
export const partsOf = (
  rights: readonly Attack[],
  refused: readonly Attack[],
  limits: readonly Attack[],
): Matrix['parts'] => [
  // Were the credentials no good at all, the refusals below would say nothing.
  { title: 'What a tenant can do', attacks: rights },
  { title: 'What is refused', attacks: refused },
  // What a server can't hide or doesn't refuse: how far it goes, exactly, and that it's no data of the other tenant.
  { title: 'Known limits: what can be seen or done all the same', attacks: limits },
];

export const attacksOf = ({ parts }: Matrix): Attack[] => parts.flatMap((it) => it.attacks);

/** Answers that came, by attack: the same one however often and by whomever it was tried, if all is well. */
export class Answers {
  private readonly came = new Map<Attack, Set<string>>();

  add(attack: Attack, answer: string): void {
    this.came.set(attack, (this.came.get(attack) ?? new Set()).add(answer));
  }

  of(attack: Attack): string {
    return [...(this.came.get(attack) ?? ['not tried'])].sort().join(' or ');
  }
}
