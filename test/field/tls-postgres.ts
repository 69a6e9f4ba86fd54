import { chownSync, copyFileSync, chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { withPostgres } from '../support/outside';
import { openOwnPostgres, postgresWithTls } from '../support/own-postgres';
import type { Certificates } from './certificates';

/** Opens a PostgreSQL server of a test's own that takes no connection without TLS. */
export async function openTlsPostgres({
  ca,
  cert,
  key,
}: Certificates): Promise<StackInfo['postgres'] & { close(): Promise<void> }> {
  const server = await openOwnPostgres({}, await postgresWithTls());
  await withPostgres(server.url, async (client) => {
    const { rows } = await client.query<{ dir: string }>(`SELECT current_setting('data_directory') AS dir`);
    const dir = rows[0]?.dir ?? '';
    install(dir, cert, 'server.crt');
    install(dir, key, 'server.key');
    const hba = path.join(dir, 'pg_hba.conf');
    writeFileSync(hba, readFileSync(hba, 'utf8').replaceAll(/^host\b/gm, 'hostssl'));
    await client.query('ALTER SYSTEM SET ssl = on');
    await client.query('SELECT pg_reload_conf()');
  });
  const withTls = (url: string) =>
    `${url.replace('127.0.0.1', 'localhost')}?sslmode=verify-full&sslrootcert=${encodeURIComponent(ca)}`;
  return { url: withTls(server.url), provisionerUrl: withTls(server.provisionerUrl), close: () => server.close() };
}

/** The server refuses a key that others may read, or that isn't its own. */
function install(dir: string, from: string, name: string): void {
  const { uid, gid } = statSync(dir);
  const file = path.join(dir, name);
  copyFileSync(from, file);
  chmodSync(file, 0o600);
  if (process.getuid?.() === 0) chownSync(file, uid, gid);
}
