/**
 * The same server, another database or another user.
 * @param database left as it is when undefined
 */
export function databaseUrl(url: string, database: string | undefined, login?: { user: string; password: string }): string {
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
