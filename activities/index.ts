import type { Plans } from '@freeflow/contract/plans';
import type { PrismaClient } from '@freeflow/db-master';
import { storable } from '@freeflow/lib/scrub';
import type { SecretStore, VaultLeftovers } from '@freeflow/lib/secrets';
import type { Backend } from '../backends/backend';
import type { ConnectValues } from '../backends/connections';
import { adoptionActivities } from './adoption-record';
import { continuingActivities } from './continue-operation';
import { dropOrphanActivities } from './drop-orphan';
import type { RotationSchedule } from './due-rotations';
import type { OperationRetention } from './expire-operations';
import { recordExpirer, type RetentionDays } from './expire-records';
import { fleetActivities } from './fleet/advance';
import { startOpenFleets, type StartFleet } from './fleet/start';
import { Installation } from './installation';
import { Ledger } from './ledger';
import { poolActivities } from './pool/keep';
import { startPoolKeepers, type StartPoolKeeper } from './pool/start';
import { reconcileActivities } from './reconcile';
import type { HasOpenRun } from './reconcile/scope';
import type { RecordSettings } from './record-settings';
import { revealActivities } from './reveal-credentials';
import { rotationActivities } from './rotation-record';
import { backendActivities, type BackendActivities } from './steps';
import { sweepActivities, type FindOpenRuns, type StartOperation } from './sweep';
import type { TenantLock } from './tenant-lock';
import { recordActivities } from './tenant-record';
import { deliveryActivities, type DeliveryDependencies } from './webhooks/attempt';

export interface ActivityDependencies {
  settings: RecordSettings;
  db: PrismaClient;
  secrets: SecretStore;
  lock: TenantLock;
  backends: readonly Backend[];
  /** @default none */
  plans?: Plans | undefined;
  startOperation: StartOperation;
  hasOpenRun: HasOpenRun;
  findOpenRuns?: FindOpenRuns | undefined;
  /** @default the pools are left as they are */
  startPoolKeeper?: StartPoolKeeper | undefined;
  /** See {@link import('./reconcile/scope').ReconcileDependencies}. */
  leftovers?: VaultLeftovers | undefined;
  /** @default upgrades of the fleet are started by nobody */
  startFleet?: StartFleet | undefined;
  /** How long a reconciliation may take, in ms. */
  reconcileMs?: number | undefined;
  /** @default all is kept for ever */
  retentionDays?: RetentionDays | undefined;
  operationRetention?: OperationRetention | undefined;
  /** See {@link import('./reveal-credentials').RevealDependencies}. */
  connectValues?: ConnectValues | undefined;
  /** @default no tenant's credentials are rotated by themselves */
  rotationSchedule?: RotationSchedule | undefined;
  /** Hands out what webhooks are to get. @default nothing */
  sweepWebhooks?: (() => Promise<void>) | undefined;
  deliveries: DeliveryDependencies;
  /** See {@link import('./steps/scope').StepDependencies}. */
  settleMarginMs?: number | undefined;
}

/** All activities, by the names the workflows call them. */
export function createActivities({
  db,
  secrets,
  lock,
  backends,
  settings,
  startOperation,
  hasOpenRun,
  findOpenRuns,
  startPoolKeeper,
  startFleet,
  settleMarginMs,
  reconcileMs,
  operationRetention,
  leftovers,
  sweepWebhooks,
  rotationSchedule,
  connectValues,
  deliveries,
  plans = new Map(),
  retentionDays = {},
}: ActivityDependencies) {
  const installation = new Installation(db);
  const dependencies = { db, ledger: new Ledger(db, installation), secrets, lock, plans, settleMarginMs };
  const reconciling = {
    ...dependencies,
    backends,
    installation,
    startOperation,
    hasOpenRun,
    reconcileMs,
    operationRetention,
    leftovers,
  };
  const perBackend = backends.map((backend) => backendActivities(backend, dependencies));
  const expire = recordExpirer(db, retentionDays);
  const doHousekeeping = async () => {
    if (startFleet !== undefined) await startOpenFleets(db, startFleet);
    if (startPoolKeeper !== undefined) await startPoolKeepers(db, backends, startPoolKeeper);
    await expire();
  };
  return withStorableInput({
    ...(Object.assign({}, ...perBackend) as BackendActivities),
    ...recordActivities(db, settings, secrets),
    ...continuingActivities(db),
    ...adoptionActivities(db, settings),
    ...rotationActivities(db, secrets),
    ...revealActivities({ db, secrets, connectValues }),
    ...sweepActivities(db, startOperation, findOpenRuns, doHousekeeping, sweepWebhooks, rotationSchedule),
    ...fleetActivities(db, startOperation),
    ...deliveryActivities(deliveries),
    ...poolActivities({ db, lock, installation, backends, settleMarginMs }),
    ...reconcileActivities(reconciling),
    ...dropOrphanActivities(reconciling),
  });
}

/**
 * Makes all input storable, such as a reason given in the Temporal UI: an activity would fail for ever at text that the
 * master database refuses.
 */
function withStorableInput<T extends Record<string, (...input: never[]) => unknown>>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    (...input: never[]) => activity(...storable(input)),
  ]);
  return Object.fromEntries(wrapped) as T;
}

export type Activities = ReturnType<typeof createActivities>;
