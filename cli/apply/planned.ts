import type { OperationBody, TenantBody, TenantEntry, UpdateTenantBody } from '@freeflow/contract/http';

/** One field, before and after; null: there is nothing. */
export interface FieldChange {
  field: string;
  from: string | boolean | null;
  to: string | boolean | null;
}

/** What changes a tenant's access. */
export type Access = 'suspend' | 'resume';

/** What is to be done about one tenant. */
export type Planned =
  | { action: 'create'; name: string; entry: TenantEntry; changes: FieldChange[] }
  | {
      action: 'change';
      name: string;
      entry: TenantEntry;
      tenant: TenantBody;
      changes: FieldChange[];
      /** Of what PATCH changes; undefined where nothing of that does. */
      patch?: UpdateTenantBody;
      access?: Access;
      /** In progress already, and just what is wanted: it is followed first. */
      awaits?: OperationBody;
    }
  | { action: 'delete'; name: string; tenant: TenantBody }
  /** It is not as the file says, and nothing can be done about that now. */
  | { action: 'blocked'; name: string; code: string; why: string; advice: string }
  /** It is not in the file, and stays all the same, as somebody has decided. */
  | { action: 'kept'; name: string; code: string; why: string }
  | { action: 'unchanged'; name: string };

export type PlannedOf<A extends Planned['action']> = Extract<Planned, { action: A }>;

export const planOf = <A extends Planned['action']>(plan: readonly Planned[], action: A): PlannedOf<A>[] =>
  plan.filter((it): it is PlannedOf<A> => it.action === action);

/** What is carried out. */
export const isWork = (it: Planned): it is PlannedOf<'create' | 'change' | 'delete'> =>
  it.action === 'create' || it.action === 'change' || it.action === 'delete';

/** Whether the tenants are not as the file says. What is kept on purpose is no difference. */
export const hasDifferences = (plan: readonly Planned[]): boolean =>
  plan.some((it) => isWork(it) || it.action === 'blocked');
