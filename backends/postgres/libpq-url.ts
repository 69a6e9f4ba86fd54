/**
 * A PostgreSQL URL for psql, which refuses a parameter it doesn't know. Two are of Node's driver alone, and so is one
 * value: https://github.com/brianc/node-postgres/tree/master/packages/pg-connection-string#tcp-connections
 */
export function libpqUrl(url: string): string {
  const [place = '', query = ''] = url.split('?');
  const pairs = query
    .split('&')
    .flatMap((it) => (it in REPLACED ? (REPLACED[it] ?? []) : [it]))
    .filter((it) => it !== '' && !/^(uselibpqcompat|ssl)=/.test(it));
  return pairs.length === 0 ? place : `${place}?${pairs.join('&')}`;
}

const REPLACED: Readonly<Record<string, string[]>> = {
  'sslmode=no-verify': ['sslmode=require'],
  'ssl=true': ['sslmode=require'],
  'ssl=1': ['sslmode=require'],
};
