/** What isolation doesn't cover, and no test tries. */
export const OTHER_LIMITS = `## Beyond these tests

- **Shared load.** Tenants share connections, disk, memory and processor of each server; nothing here keeps one from using them up.
- **Other databases on the PostgreSQL server.** PostgreSQL lets every role into a new database until CONNECT is revoked from PUBLIC.
  We do so for ours and for \`postgres\` and \`template1\`; whoever adds another one must do it too.
- **Logins that fail.** Keycloak locks an account for a while after failed logins, and whoever reaches the login page can cause them.
- **Addresses in clients.** A first admin may give a client addresses (JWKS, logout) that Keycloak then calls from inside the network.
- **Snapshots at Qdrant.** A tenant may snapshot its own collection as often as it likes, on the disk of the server, and Qdrant can set it
  no limit. The narrower right \`prw\` would refuse that, but payload indexes as well, without which a server in strict mode answers no
  filter at all. So give snapshots a disk of their own (\`storage.snapshots_path\`), which may fill up without harm to the collections,
  and watch it. A hard delete takes all of them along.
- **The provisioner.** MongoDB can't narrow grantRole by name and Qdrant has no key below its API key, so the worker's own
  credentials reach every tenant there. Who needs more gives a tenant servers of its own.
`;
