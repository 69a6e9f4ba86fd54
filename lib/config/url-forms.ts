/**
 * Whether a URL names a PostgreSQL server in a way that `pg` takes. It knows no lists of hosts, and takes `a,b` for the
 * name of one.
 */
export function isPostgresUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, searchParams } = new URL(text);
  if (!/^postgres(ql)?:$/.test(protocol)) return false;
  return ![hostname, searchParams.get('host'), searchParams.get('port')].some((it) => /,|%2c/i.test(it ?? ''));
}
