import type { FailureCodes } from '../failure-codes';

// https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml; names are those of the Node driver's
// errors.
export const FAILURE_CODES: readonly FailureCodes[] = [
  {
    type: 'unreachable',
    codes: [
      6, // HostUnreachable
      7, // HostNotFound
      89, // NetworkTimeout
      91, // ShutdownInProgress
      189, // PrimarySteppedDown
      10107, // NotWritablePrimary
      13435, // NotPrimaryNoSecondaryOk
      13436, // NotPrimaryOrSecondary
      9001, // SocketException
      11600, // InterruptedAtShutdown
      11602, // InterruptedDueToReplStateChange
      'MongoWriteConcernError', // done at the primary, and no majority of the replica set has confirmed it in time
      'MongoServerSelectionError',
      'MongoNetworkError',
      'MongoNetworkTimeoutError',
      'MongoTopologyClosedError',
      'MongoPoolClearedError',
    ],
  },
  { type: 'credentials', codes: [18] }, // AuthenticationFailed
  { type: 'permission', codes: [13] }, // Unauthorized
  { type: 'server-error', codes: [1] }, // InternalError
  {
    type: 'conflict',
    codes: [
      51003, // "User ... already exists"; in no list, the number stands in the server's source alone
      11, // UserNotFound: just dropped by another client
      112, // WriteConflict
      11000, // DuplicateKey
      46, // LockBusy
      11601, // Interrupted: the operation was killed
    ],
  },
  {
    type: 'blocked',
    codes: [
      24, // LockTimeout
      215, // DatabaseDropPending
      12586, // BackgroundOperationInProgressForDatabase
      12587, // BackgroundOperationInProgressForNamespace
    ],
  },
  {
    type: 'overloaded',
    codes: [
      50, // MaxTimeMSExpired
      202, // NetworkInterfaceExceededTimeLimit
      262, // ExceededTimeLimit
      462, // IngressRequestRateLimitExceeded
      14031, // OutOfDiskSpace
      'MongoWaitQueueTimeoutError',
    ],
  },
];
