import type * as contract from '@freeflow/contract';
import type * as generated from './generated/client';

type Equal<A, B> = [A, B] extends [B, A] ? true : false;
/** Fails to compile where its argument isn't true. */
type Assert<T extends true> = T;

/** The enums of the schema and the tables of the contract have the same words. */
export type EnumsAreEqual = [
  Assert<Equal<generated.BackendKind, contract.BackendKind>>,
  Assert<Equal<generated.OperationKind, contract.OperationKind>>,
  Assert<Equal<generated.OperationState, contract.OperationState>>,
  Assert<Equal<generated.TenantStatus, contract.TenantStatus>>,
  Assert<Equal<generated.ResourceState, contract.ResourceState>>,
  Assert<Equal<generated.ConnectionService, contract.ConnectionService>>,
];
