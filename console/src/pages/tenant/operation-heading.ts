import { operationTitle, type OperationKind } from '@freeflow/contract';

/** What an operation is called where its name stands alone. */
export function operationHeading(kind: OperationKind): string {
  const title = operationTitle(kind);
  return `${title.slice(0, 1).toUpperCase()}${title.slice(1)}`;
}
