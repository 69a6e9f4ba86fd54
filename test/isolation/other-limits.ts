/** What isolation doesn't cover, and no test tries. */
export const OTHER_LIMITS = `## Beyond these tests

- **Shared load.** Tenants share connections, disk, memory and processor of each server. At PostgreSQL a tenant has a limited number of
  connections (POSTGRES_TENANT_CONNECTIONS), and some are reserved for the platform (\`reserved_connections\`);
  nothing here keeps a tenant from using up the rest.
- **The lock table of PostgreSQL.** All sessions share it, advisory locks included, and no role can be limited in it: one tenant
  can fill it (\`pg_advisory_lock\` a million times), and until that session ends no statement that needs a lock succeeds
  (53200), the platform's included. \`max_locks_per_transaction\` (64) times \`max_connections\` is its size: raise it to
  1024 or so, watch for 53200, and end the session; where even that fails by SQL, end its process on the server's
  machine. So the master database belongs on a server of its own.
- **Notifications of PostgreSQL.** All databases of a server share their queue (\`max_notify_queue_pages\`, 8 GB), and one lock until the end of each commit that
  notifies: a tenant that listens in a transaction it leaves open, and notifies much, makes \`NOTIFY\` fail for all others. The platform uses none.
- **Connections to MongoDB.** It has no limit of connections for a user, so one tenant can take all that the server allows
  (\`--maxConns\`, or the limit of open files), and then no tenant can be created or suspended. Keep more open than tenants' pools add up to
  (\`maxPoolSize\` times processes), let a proxy limit what comes from one tenant, or give a tenant a server of its own.
- **MongoDB behind several routers.** Through mongos another router notices a revoked role only after up to 30 s
  (\`userCacheInvalidationIntervalSecs\`): until then a suspended tenant may go on there.
- **Other databases on the PostgreSQL server.** PostgreSQL lets every role into a new database until CONNECT is revoked from PUBLIC.
  We do so for ours and for \`postgres\` and \`template1\`; do it too for every database you add.
- **Logins that fail.** Keycloak locks an account for a while after failed logins, and anyone who reaches the login page can cause them.
- **Addresses in clients.** A first admin may give a client addresses (JWKS, logout) that Keycloak then calls from inside the network.
- **Snapshots at Qdrant.** A tenant may snapshot its own collection as often as it likes, on the disk of the server, and Qdrant can set it
  no limit. The narrower right \`prw\` would refuse that, but payload indexes as well, without which a server in strict mode answers no
  filter at all. So give snapshots a disk of their own (\`storage.snapshots_path\`), which may fill up without harm to the collections,
  and watch it. A hard delete takes all of them along.
- **The provisioner.** MongoDB can't narrow grantRole by name and Qdrant has no key below its API key, so the worker's own
  credentials reach every tenant there. For more isolation give a tenant servers of its own.
`;
