import { BACKEND_KINDS } from '@freeflow/contract';
import type { SupportedVersions } from '../../backends/doctor/versions';
import { moduleOf } from '../../backends/registry';
import { NODE } from '../../cli/doctor/product';
import { TEMPORAL_VERSIONS } from '../../cli/doctor/temporal';

/** All versions that doctor expects: of Node, Temporal and every backend. */
export const SUPPORTED_VERSIONS: Readonly<Record<string, SupportedVersions>> = {
  node: NODE,
  temporal: TEMPORAL_VERSIONS,
  ...Object.fromEntries(BACKEND_KINDS.map((kind) => [kind, moduleOf(kind).doctor.versions])),
};
