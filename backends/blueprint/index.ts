// What new tenants begin with, as files: read, checked, and taken apart by backend.
export { applyEach, driftOf, mendAll, refusedFault, type Difference, type Refusals } from './differences';
export { BlueprintError, problemText } from './errors';
export { filesOf, type Blueprint, type BlueprintFile, type BlueprintForm, type BlueprintProblem } from './form';
export { jsonIn, problemsIn } from './json-file';
export { readBlueprint } from './read-folder';
export { isWithin } from './within';
