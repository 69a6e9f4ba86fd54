import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import type { z } from 'zod';
import type { Backend } from './backend';
import type { BlueprintForm } from './blueprint';
import { classifyBy } from './failure-codes';
import type { BackendFault } from './failures';
import { MODULE as keycloak } from './keycloak';
import type { BackendModule, Installation } from './module';
import { MODULE as mongodb } from './mongodb';
import { MODULE as postgres } from './postgres';
import { MODULE as qdrant } from './qdrant';

/** Every backend of the contract. One that is left out here does not compile. */
export const REGISTRY = { postgres, mongodb, qdrant, keycloak } satisfies Record<BackendKind, BackendModule>;

type Intersection<Union> = (Union extends unknown ? (it: Union) => void : never) extends (it: infer All) => void
  ? All
  : never;

/** The worker's variables of all backends together. */
export type BackendVariables = Intersection<(typeof REGISTRY)[BackendKind]['variables']>;
export type BackendsConfig = z.output<z.ZodObject<BackendVariables>>;

/** What the worker reads of its environment for its backends, in their order. */
export const BACKEND_VARIABLES = Object.assign(
  {},
  ...BACKEND_KINDS.map((kind) => REGISTRY[kind].variables),
) as BackendVariables;

/** What the forms of connections may be told besides: by what address tenants reach a server that records none. */
export const CONNECT_OPTIONS = Object.assign(
  {},
  ...BACKEND_KINDS.map((kind) => REGISTRY[kind].connect.options),
) as Intersection<(typeof REGISTRY)[BackendKind]['connect']['options']>;

/** The module of a kind, where the kind isn't known beforehand. */
export const moduleOf = (kind: BackendKind): BackendModule => REGISTRY[kind];

/** The backends that a worker provisions, in their order. Nothing is connected yet. */
export const createBackends = (config: BackendsConfig, installation: Installation): Backend[] =>
  BACKEND_KINDS.map((kind) => moduleOf(kind).createBackend(config, installation));

/** What a blueprint may say of all of them. */
export const BLUEPRINT_FORMS: readonly BlueprintForm[] = BACKEND_KINDS.map((kind) => moduleOf(kind).blueprint);

/** Refuses a configuration by which no worker could work. */
export async function assertUsable(config: BackendsConfig): Promise<void> {
  await Promise.all(BACKEND_KINDS.flatMap((kind) => moduleOf(kind).assertUsable?.(config) ?? []));
}

/** How many steps one worker runs at a time at this backend. */
export const concurrencyOf = (kind: BackendKind, config: BackendsConfig): number =>
  moduleOf(kind).concurrency?.(config) ?? CONCURRENCY;

const CONCURRENCY = 20;

/** Classifies an error that a backend's driver has thrown. Pure. */
export const classify = (kind: BackendKind, error: unknown): BackendFault =>
  classifyBy(moduleOf(kind).failureCodes, kind, error);
