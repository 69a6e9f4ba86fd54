import {
  OPERATION_REQUESTS,
  rowOf,
  type OperationGoal,
  type TenantRequestName,
  type TenantSituation,
} from '@freeflow/contract';

export type Asked = Exclude<TenantRequestName, 'adopt'>;

const goalOf = (action: Asked): OperationGoal => rowOf(OPERATION_REQUESTS[action].kind).goals[0] ?? 'gone';
/** Where a tenant is while something is in progress that began elsewhere. */
const BETWEEN: readonly TenantSituation[] = ['provisioning', 'deleting'];

/** What one tenant may be, as far as the answers of the API alone show. */
export class Model {
  /** What it may be once nothing is in progress. */
  may: ReadonlySet<OperationGoal> = new Set<OperationGoal>(['active']);
  /** What it goes back to when the operation in progress is given up. */
  private back: ReadonlySet<OperationGoal> = new Set<OperationGoal>(['gone']);
  /** What it may be restored to. */
  private restored: ReadonlySet<OperationGoal> = new Set<OperationGoal>(['active']);
  /** Whether something may be in progress; the create is. */
  mayBeUnderWay = true;

  /** @param isNew whether the answer was an operation that does what was requested and had not ended */
  accepted(action: Asked, isNew: boolean): void {
    if (!isNew) return;
    const from = new Set(
      [...this.may, ...(this.mayBeUnderWay ? this.back : [])].filter(
        (it) => OPERATION_REQUESTS[action].decisions?.[it] === 'accept',
      ),
    );
    if (from.size === 0 && !this.mayBeUnderWay)
      throw new Error(`${action} was accepted of a tenant that is ${[...this.may].join(' or ')}`);
    const goals = action === 'restore' ? this.restored : new Set([goalOf(action)]);
    if (action === 'soft_delete') this.restored = from;
    this.back = from.size === 0 ? goals : from;
    this.may = goals;
    this.mayBeUnderWay = true;
  }

  /** @param code of the problem by which it was refused */
  refused(action: Asked, code: string): void {
    if (code === 'operation-in-progress' && this.mayBeUnderWay) return;
    const situations: TenantSituation[] = [...this.may, ...(this.mayBeUnderWay ? [...this.back, ...BETWEEN] : [])];
    if (situations.some((it) => OPERATION_REQUESTS[action].decisions?.[it] === code)) return;
    throw new Error(`${action} was refused by ${code} of a tenant that is ${situations.join(' or ')}`);
  }

  /** The operation in progress was aborted: it rolls back, unless its end came first. */
  noteAborted(): void {
    this.may = new Set([...this.may, ...this.back]);
  }

  /** Nothing is in progress any more, and this is what it is. */
  ended(as: OperationGoal): void {
    if (!this.may.has(as)) throw new Error(`it is ${as}, and may be ${[...this.may].join(' or ')} only`);
    this.may = new Set([as]);
    this.mayBeUnderWay = false;
  }
}

export const kindOf = (action: Asked): string => OPERATION_REQUESTS[action].kind;
