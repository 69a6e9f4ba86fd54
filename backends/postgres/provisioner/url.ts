/** Where the provisioner works from, and an owner too: databases are made from within another one. */
export const HOME = 'postgres';

/** The same URL, with a database in it: where it names none, pg would take the user's name for one. */
export const withHome = (url: string): string => (new URL(url).pathname.length > 1 ? url : databaseUrl(url, HOME));

/**
 * The same server, another database or another user.
 * @param database left as it is when undefined
 */
export function databaseUrl(
  url: string,
  database: string | undefined,
  login?: { user: string; password: string },
): string {
  const changed = new URL(url);
  if (database !== undefined) changed.pathname = `/${encodeURIComponent(database)}`;
  if (login !== undefined) {
    // pg lets one among the parameters go before the URL's own.
    for (const name of ['user', 'password']) changed.searchParams.delete(name);
    // URL escapes what would break it, but takes a % for an escape that is there already.
    changed.username = encodeURIComponent(login.user);
    changed.password = encodeURIComponent(login.password);
  }
  return changed.toString();
}
