// Locks that are files, held by one process at a time, and who a process is.
export { LockedError, lockOwner, takeLock } from './lock-file';
export { identify, isAlive, startTimeOf } from './process-identity';
