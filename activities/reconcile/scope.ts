import type { OperationKind } from '@freeflow/contract';
import type { Plans } from '@freeflow/contract/plans';
import type { PrismaClient } from '@freeflow/db-master';
import type { SecretStore, VaultLeftovers } from '@freeflow/lib/secrets';
import type { Backend } from '../../backends/backend';
import type { OperationRetention } from '../expire-operations';
import type { Installation } from '../installation';
import type { Ledger } from '../ledger';
import type { StartOperation } from '../sweep';
import type { TenantLock } from '../tenant-lock';
import type { Progress } from './progress';

/** Whether an operation's workflow has an open run. */
export type HasOpenRun = (operation: {
  tenantId: string;
  kind: OperationKind;
  backend: Backend['kind'] | null;
}) => Promise<boolean>;

export interface ReconcileDependencies {
  db: PrismaClient;
  ledger: Ledger;
  secrets: SecretStore;
  lock: TenantLock;
  /** The plans of the installation, by their names. */
  plans: Plans;
  backends: readonly Backend[];
  installation: Installation;
  startOperation: StartOperation;
  hasOpenRun: HasOpenRun;
  /**
   * How long a reconciliation may take, in ms; what it hasn't checked by then is the next one's. @default 20 minutes
   */
  reconcileMs?: number | undefined;
  /** What is in the vault, where there is one. @default nothing is looked for there */
  leftovers?: VaultLeftovers | undefined;
  /** What is younger there is left alone, in ms. @default an hour */
  marginMs?: number | undefined;
  /** How long ended operations and their logs are kept. @default for ever */
  operationRetention?: OperationRetention | undefined;
}

/** All that one reconciliation has at hand. */
export interface ReconcileScope extends ReconcileDependencies {
  /** Whether drift that is safe to repair is repaired. */
  fix: boolean;
  progress: Progress;
  /** Aborted when the report is no longer waited for; heeded between two checks. */
  signal: AbortSignal;
}
