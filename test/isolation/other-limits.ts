/** What isolation doesn't cover, and no test tries. */
export const OTHER_LIMITS = `## Beyond these tests

- **Shared load.** Tenants share connections, disk, memory and processor of each server; nothing here keeps one from using them up.
- **Connections to MongoDB.** It knows no limit of connections for a user, so one tenant can take all that the server allows
  (\`--maxConns\`, or the limit of open files), and then nobody can be made or suspended. Keep more open than tenants' pools add up to
  (\`maxPoolSize\` times processes), let a proxy limit what comes from one tenant, or give a tenant a server of its own.
- **MongoDB behind several routers.** Through mongos another router knows of a role taken away only after up to 30 s
  (\`userCacheInvalidationIntervalSecs\`): until then a cut off tenant may go on there.
- **Other databases on the PostgreSQL server.** PostgreSQL lets every role into a new database until CONNECT is revoked from PUBLIC.
  We do so for ours and for \`postgres\` and \`template1\`; whoever adds another one must do it too.
- **Logins that fail.** Keycloak locks an account for a while after failed logins, and whoever reaches the login page can cause them.
- **Addresses in clients.** A first admin may give a client addresses (JWKS, logout) that Keycloak then calls from inside the network.
- **The provisioner.** MongoDB can't narrow grantRole by name and Qdrant has no key below its API key, so the worker's own
  credentials reach every tenant there. Who needs more gives a tenant servers of its own.
`;
