/**
 * The same server, another database or another user.
 * @param database left as it is when undefined
 */
export function databaseUrl(url: string, database: string | undefined, login?: { user: string; password: string }): string {
  const changed = new URL(url);
  if (database !== undefined) changed.pathname = `/${database}`;
  if (login !== undefined) {
    changed.username = login.user;
    changed.password = login.password;
  }
  return changed.toString();
}
