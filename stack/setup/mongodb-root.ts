import { canLogIn, withAdmin } from '../../backends/mongodb/provisioner/client';

/** The first user of a server with --auth is made without logging in, which only loopback allows and only once. */
export async function ensureRootUser(host: string, user: string, password: string): Promise<void> {
  if (await canLogIn(`mongodb://${user}:${password}@${host}/?authSource=admin&directConnection=true`)) return;
  await withAdmin(`mongodb://${host}/?directConnection=true`, (admin) =>
    admin.command({ createUser: user, pwd: password, roles: ['root'] }),
  );
}
