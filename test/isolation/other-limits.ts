/** What isolation doesn't cover, and no test tries. */
export const OTHER_LIMITS = `## Beyond these tests

- **Shared load.** Tenants share connections, disk, memory and processor of each server; nothing here keeps one from using them up.
- **Other databases on the PostgreSQL server.** PostgreSQL lets every role into a new database until CONNECT is revoked from PUBLIC.
  We do so for ours and for \`postgres\` and \`template1\`; whoever adds another one must do it too.
- **Logins that fail.** Keycloak locks an account for a while after failed logins, and whoever reaches the login page can cause them.
- **Addresses in clients.** A first admin may give a client addresses (JWKS, logout) that Keycloak then calls from inside the network.
- **The provisioner.** MongoDB can't narrow grantRole by name and Qdrant has no key below its API key, so the worker's own
  credentials reach every tenant there. Who needs more gives a tenant servers of its own.
`;
