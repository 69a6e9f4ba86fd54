import type { FailureCodes } from '../failure-codes';

// PostgreSQL's manual, appendix A: https://www.postgresql.org/docs/current/errcodes-appendix.html
export const FAILURE_CODES: readonly FailureCodes[] = [
  {
    type: 'unreachable',
    codes: [
      '57P01', // admin_shutdown
      '57P02', // crash_shutdown
      '57P03', // cannot_connect_now: it starts or stops
      '57014', // query_canceled: by statement_timeout, which is our deadline
      '08000', // connection_exception
      '08001', // sqlclient_unable_to_establish_sqlconnection
      '08003', // connection_does_not_exist
      '08004', // sqlserver_rejected_establishment_of_sqlconnection
      '08006', // connection_failure
      '25006', // read_only_sql_transaction, although we ask for the opposite: a standby, as after a failover
      '08P01', // protocol_violation: PgBouncer's code for every failure of its own, as query_wait_timeout or no connection to the server
    ],
  },
  {
    type: 'overloaded',
    codes: [
      '53000', // insufficient_resources
      '53100', // disk_full
      '53200', // out_of_memory
      '53300', // too_many_connections
    ],
  },
  {
    type: 'credentials',
    codes: [
      '28P01', // invalid_password
      '28000', // invalid_authorization_specification: no such role, NOLOGIN, or refused by pg_hba.conf
    ],
  },
  { type: 'permission', codes: ['42501'] }, // insufficient_privilege
  {
    type: 'server-error',
    codes: [
      '58030', // io_error
      'XX001', // data_corrupted
      'XX002', // index_corrupted
    ],
  },
  { type: 'blocked', codes: ['55P03'] }, // lock_not_available: by lock_timeout, which ends before our deadline
  {
    type: 'conflict',
    codes: [
      '40001', // serialization_failure
      '40P01', // deadlock_detected
      '55006', // object_in_use: "is being accessed by other users"
      'XX000', // internal_error: "tuple concurrently updated", which has no code of its own
      '42P04', // duplicate_database: exists, as the next two; whose it is the next attempt reads
      '42710', // duplicate_object
      '23505', // unique_violation, in a catalog
      '2BP01', // dependent_objects_still_exist: something was made for the role meanwhile
    ],
  },
];
