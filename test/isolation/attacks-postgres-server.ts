import type { Attack } from './attack';

const AS = 'its application role';
const DENIED = '42501';

const sql = (what: string, statement: string): Attack => ({
  what,
  as: AS,
  answer: DENIED,
  run: (by) => by.postgres.run(statement),
});
const replication = (what: string, mode: string): Attack => ({
  what,
  as: AS,
  answer: DENIED,
  run: (by) => by.postgres.logIn({ replication: mode }),
});

/** Attempts at what all tenants share: roles, files, programs, settings, the write-ahead log. */
export const ON_THE_SERVER: readonly Attack[] = [
  sql('make a role', 'CREATE ROLE freeflow_attack'),
  sql('make a superuser', 'CREATE ROLE freeflow_attack SUPERUSER'),
  sql('make a database, as of a tenant to come', 'CREATE DATABASE freeflow_attack'),
  sql('become the provisioner', 'SET ROLE freeflow_provisioner'),
  sql('become the superuser', 'SET ROLE postgres'),
  sql('become the superuser, as its session', 'SET SESSION AUTHORIZATION postgres'),
  sql('grant itself the provisioner', 'GRANT freeflow_provisioner TO CURRENT_USER'),
  sql('grant itself pg_read_all_data', 'GRANT pg_read_all_data TO CURRENT_USER'),
  sql('grant itself pg_read_server_files', 'GRANT pg_read_server_files TO CURRENT_USER'),
  sql('read the password verifiers (pg_authid)', 'SELECT * FROM pg_authid'),
  sql('read the password verifiers (pg_shadow)', 'SELECT * FROM pg_shadow'),
  sql('make itself superuser in the catalog', 'UPDATE pg_authid SET rolsuper = true'),
  sql('open all databases in the catalog', 'UPDATE pg_database SET datacl = NULL'),
  sql('lock the catalog of databases', 'DO $$ BEGIN LOCK TABLE pg_database IN ACCESS EXCLUSIVE MODE; END $$'),
  sql('change a setting of all roles', `ALTER ROLE ALL SET work_mem = '64kB'`),
  sql('change a setting of the server', `ALTER SYSTEM SET work_mem = '64kB'`),
  sql('switch off triggers and rules', 'SET session_replication_role = replica'),
  sql('switch off the log', `SET log_statement = 'none'`),
  sql('read where the server keeps its data', 'SHOW data_directory'),
  sql('read the access rules (pg_hba)', 'SELECT * FROM pg_hba_file_rules'),
  sql('read a file of the system', `SELECT pg_read_file('/etc/passwd')`),
  sql('read a file of the server', `SELECT pg_read_binary_file('PG_VERSION')`),
  sql('list the files of the server', `SELECT pg_ls_dir('base')`),
  sql('list the write-ahead log', 'SELECT pg_ls_waldir()'),
  sql('COPY from a file', `COPY pg_temp.files FROM '/etc/passwd'`),
  sql('COPY to a file', `COPY (SELECT 1) TO '/tmp/freeflow_attack'`),
  sql('COPY from a program', `COPY pg_temp.files FROM PROGRAM 'id'`),
  sql('COPY to a program', `COPY (SELECT 1) TO PROGRAM 'cat'`),
  sql('read a file as a large object', `SELECT lo_import('/etc/passwd')`),
  sql('load a library', `LOAD '/tmp/freeflow_attack.so'`),
  sql('make a function in C', `CREATE FUNCTION attack() RETURNS int LANGUAGE c AS '/tmp/freeflow_attack.so', 'attack'`),
  sql(
    "make a function of the server's own code",
    `CREATE FUNCTION attack() RETURNS int LANGUAGE internal AS 'pg_backend_pid'`,
  ),
  sql(
    'make an event trigger',
    'CREATE EVENT TRIGGER attack ON ddl_command_start EXECUTE FUNCTION suppress_redundant_updates_trigger()',
  ),
  sql('make a tablespace', `CREATE TABLESPACE attack LOCATION '/tmp'`),
  ...['dblink', 'postgres_fdw', 'file_fdw'].map((name) =>
    sql(`reach out of its database by ${name}`, `CREATE EXTENSION ${name}`),
  ),
  sql('subscribe to another database', `CREATE SUBSCRIPTION attack CONNECTION 'dbname=postgres' PUBLICATION attack`),
  sql('make a replication slot', `SELECT pg_create_logical_replication_slot('attack', 'pgoutput')`),
  replication('open a replication connection to its own database', 'database'),
  replication('open a replication connection to the whole server', 'true'),
  sql('switch the write-ahead log', 'SELECT pg_switch_wal()'),
  sql('begin a backup', `SELECT pg_backup_start('attack')`),
  sql('reload the configuration', 'SELECT pg_reload_conf()'),
  sql('force a checkpoint', 'CHECKPOINT'),
];
