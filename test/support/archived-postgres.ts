import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { escapeLiteral } from 'pg';
import { programBeside } from '../../stack/servers/postgres-programs';
import { withPostgres } from './outside';
import { openOwnPostgres, type OwnPostgres } from './own-postgres';
import { until } from './until';

/**
 * A PostgreSQL server whose write-ahead log is archived, as docs/backup.md has it: it can be set back to any moment.
 */
export interface ArchivedPostgres {
  server: OwnPostgres;
  /** Takes a base backup. */
  backUp(): void;
  /**
   * Deletes all base backups but the newest, and what of the archive they alone needed; tells how many segments that
   * was.
   */
  expire(): Promise<number>;
  /** The moment by its clock, once all before it is archived or will be. */
  now(): Promise<string>;
  /** Waits until everything up to here is in the archive. */
  archiveAll(): Promise<void>;
  /** Recovers it from the newest base backup to the moment, and opens it for writing. */
  recoverTo(moment: string): Promise<void>;
}

export async function openArchivedPostgres(): Promise<ArchivedPostgres> {
  const server = await openOwnPostgres();
  const archive = path.join(server.dir, 'wal');
  const bases: string[] = [];
  const newestBase = () => bases.at(-1) ?? server.dir;
  const ask = async (text: string): Promise<string> =>
    withPostgres(server.url, async (owner) => {
      const { rows } = await owner.query<{ value: string }>(text);
      return rows[0]?.value ?? '';
    });
  /** Root has made it, and the server's user is another. */
  const giveToServer = (folder: string) => execFileSync('chown', ['-R', `--reference=${server.data}`, folder]);

  mkdirSync(archive);
  giveToServer(archive);
  const settings = {
    archive_mode: 'on',
    archive_command: `test ! -f '${archive}/%f' && cp '%p' '${archive}/%f'`,
  };
  await withPostgres(server.url, async (owner) => {
    for (const [name, value] of Object.entries(settings))
      await owner.query(`ALTER SYSTEM SET ${name} = ${escapeLiteral(value)}`);
  });
  await server.whileStopped(() => undefined);

  return {
    server,
    backUp: () => {
      const { hostname, port, username, password } = new URL(server.url);
      const base = path.join(server.dir, `base-${bases.length}`);
      bases.push(base);
      execFileSync(
        programOf(server, 'pg_basebackup'),
        [`--pgdata=${base}`, '--checkpoint=fast', '--wal-method=stream'],
        {
          env: {
            ...process.env,
            PGHOST: hostname,
            PGPORT: port,
            PGUSER: decodeURIComponent(username),
            PGPASSWORD: decodeURIComponent(password),
          },
        },
      );
    },
    expire: async () => {
      for (const base of bases.splice(0, bases.length - 1)) rmSync(base, { recursive: true });
      const label = readFileSync(path.join(newestBase(), 'backup_label'), 'utf8');
      const [, first = ''] = /^START WAL LOCATION.*\(file (.*)\)$/m.exec(label) ?? [];
      await until(`${first} is archived`, () => Promise.resolve(existsSync(path.join(archive, first))));
      const before = readdirSync(archive).length;
      execFileSync(programOf(server, 'pg_archivecleanup'), [archive, first]);
      return before - readdirSync(archive).length;
    },
    now: () => ask(`SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US"+00"') AS value`),
    archiveAll: async () => {
      const last = await ask('SELECT pg_walfile_name(pg_switch_wal()) AS value');
      await until(
        `${last} is archived`,
        async () => (await ask('SELECT coalesce(max(last_archived_wal), $$$$) AS value FROM pg_stat_archiver')) >= last,
      );
    },
    recoverTo: async (moment) => {
      await server.whileStopped(() => {
        rmSync(path.join(server.dir, 'old'), { recursive: true, force: true });
        renameSync(server.data, path.join(server.dir, 'old'));
        execFileSync('cp', ['-a', newestBase(), server.data]);
        const wanted = {
          restore_command: `cp '${archive}/%f' '%p'`,
          recovery_target_time: moment,
          recovery_target_action: 'promote',
        };
        appendFileSync(
          path.join(server.data, 'postgresql.auto.conf'),
          Object.entries(wanted)
            .map(([name, value]) => `${name} = ${escapeLiteral(value)}\n`)
            .join(''),
        );
        writeFileSync(path.join(server.data, 'recovery.signal'), '');
        execFileSync('chown', ['-R', `--reference=${path.join(server.dir, 'old')}`, server.data]);
      });
      await until('it is recovered', async () => (await ask('SELECT pg_is_in_recovery()::text AS value')) === 'false');
    },
  };
}

function programOf(server: OwnPostgres, name: string): string {
  const program = programBeside(server.programPath, name, process.env);
  if (program === undefined) throw new Error(`there is no ${name} beside the server, nor on PATH`);
  return program;
}
