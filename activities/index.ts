import type { OperationKind, PrismaClient, SecretStore } from '@freeflow/db-master';
import type { Backend } from './backend';
import { backendActivities, type BackendActivities } from './backend-steps';
import { Ledger } from './ledger';
import { sweepActivities, type StartOperation } from './sweep';
import type { TenantLock } from './tenant-lock';
import { recordActivities } from './tenant-record';

export interface ActivityDependencies {
  db: PrismaClient;
  secrets: SecretStore;
  lock: TenantLock;
  backends: readonly Backend[];
  /** How long a forward step is retried before the tenant is rolled back, in ms. */
  patienceMs: number;
  startOperation: StartOperation;
  startable: readonly OperationKind[];
}

/** All activities, by the names the workflows call them. */
export function createActivities({ db, secrets, lock, backends, patienceMs, startOperation, startable }: ActivityDependencies) {
  const dependencies = { db, ledger: new Ledger(db), secrets, lock };
  const perBackend = backends.map((backend) => backendActivities(backend, dependencies));
  return {
    ...(Object.assign({}, ...perBackend) as BackendActivities),
    ...recordActivities(db, { patienceMs }),
    ...sweepActivities(db, startOperation, startable),
  };
}

export type Activities = ReturnType<typeof createActivities>;
