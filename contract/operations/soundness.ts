import type { TenantStatus } from '../states';
import type { OperationKind } from './kinds';
import type { OperationRow } from './row';
import type { OperationTable } from './table';

type Statuses<R extends OperationRow> = R['from'][number];
type Goals<R extends OperationRow> = R['goals'][number];
type AcceptedIn<R extends OperationRow> = {
  [N in keyof R['requests']]: R['requests'][N] extends { decisions: infer D }
    ? { [S in TenantStatus]: D extends Record<S, 'accept'> ? S : never }[TenantStatus]
    : never;
}[keyof R['requests']];

/** The contradiction in a row, as a sentence for the compiler's message; `never` for a sound one. */
export type ContradictionIn<R extends OperationRow> =
  | (R['touches'] extends 'records'
      ? Contradiction<
          Extract<Statuses<R>, Goals<R>>,
          'leads to itself and touches no backend: it would report done and do nothing'
        >
      : never)
  | (R['changesAccess'] extends 'takes'
      ? | Contradiction<
            Extract<Exclude<Statuses<R>, 'active'>, Goals<R>>,
            'leads to itself without access to take: it would report done and do nothing'
          >
        | Contradiction<Extract<Goals<R>, 'active'>, 'is a goal of an operation that takes access'>
      : never)
  | (R['changesAccess'] extends 'gives'
      ? | Contradiction<
            Extract<Statuses<R>, Exclude<Goals<R>, 'active'>>,
            'leads to itself without access to give: it would report done and do nothing'
          >
        | Contradiction<Extract<Statuses<R>, 'active'>, 'has the access already that the operation gives'>
      : never)
  | Contradiction<
      Exclude<AcceptedIn<R>, Statuses<R>>,
      'is accepted by a request and is not in from: its run would refuse it'
    >;
type Contradiction<S extends string, What extends string> = `${S} ${What}`;

type AssertNone<T extends never> = T;
/** Fails to compile where a row contradicts itself, with the reason. */
export type OperationsAreSound = AssertNone<
  { [K in OperationKind]: ContradictionIn<OperationTable[K]> }[OperationKind]
>;
