import type { Db } from 'mongodb';
import type { Drift, Notes, OnFile, PlannedFile, Target } from '../../backend';
import { applyEach, driftOf, mendAll, type Refusals } from '../../blueprint';
import { findDifferences } from './differences';

// https://www.mongodb.com/docs/manual/reference/error-codes/
const REFUSALS: Refusals = {
  server: 'MongoDB',
  codes: [
    2, // BadValue
    9, // FailedToParse
    14, // TypeMismatch
    67, // CannotCreateIndex
    72, // InvalidOptions
    73, // InvalidNamespace
    85, // IndexOptionsConflict
    86, // IndexKeySpecsConflict
    197, // InvalidIndexSpecificationOption
    11000, // DuplicateKey: what the tenant has can't have that index
    40415, // an unknown field
  ],
};

/** Makes collections, their rules and their indexes, as the files say; as the provisioner, who reads no document. */
export const applyBlueprint = (db: Db, target: Target, files: readonly PlannedFile[], onFile: OnFile): Promise<Notes> =>
  applyEach(files, onFile, async (file) =>
    mendAll(target, file.path, await findDifferences(db, file, target.signal), REFUSALS),
  );

export const findBlueprintDrift = (db: Db, { signal }: Target, files: readonly PlannedFile[]): Promise<Drift[]> =>
  driftOf(files, (file) => findDifferences(db, file, signal));
