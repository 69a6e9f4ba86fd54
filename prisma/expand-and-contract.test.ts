import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findFaults } from '../test/migrations/find-faults';
import { MIGRATIONS_DIR } from './migration-files';

/** The schema from which on the release before goes on serving: what is older was made while there was none. */
const BASE = '20261128141000_webhook_guards';

const scriptOf = (name: string) => readFileSync(path.join(MIGRATIONS_DIR, name, 'migration.sql'), 'utf8');
const all = readdirSync(MIGRATIONS_DIR, { withFileTypes: true }).flatMap((it) => (it.isDirectory() ? [it.name] : []));
const plainIndexes = all.flatMap((it) =>
  [...scriptOf(it).matchAll(/^CREATE INDEX (?:IF NOT EXISTS )?"(\w+)"/gm)].map(([, name = '']) => name),
);
const released = [
  ...readFileSync(path.join(__dirname, '..', 'CHANGELOG.md'), 'utf8').matchAll(/^## \[?(\d+\.\d+\.\d+)\b/gm),
].map(([, release = '']) => release);

test('every migration since then only adds, or says why the release before goes on working', async () => {
  expect(all).toContain(BASE);
  const faults = await Promise.all(
    all
      .filter((it) => it > BASE)
      .map(async (it) => (await findFaults(scriptOf(it), released, plainIndexes)).map((one) => `${it}: ${one}`)),
  );
  expect(faults.flat()).toEqual([]);
});

test('PostgreSQL itself reads all migrations, the older ones too', async () => {
  for (const name of all) await findFaults(scriptOf(name), released);
  expect(all.length).toBeGreaterThan(30);
});

test.each([
  'CREATE TABLE "New" (id int); CREATE UNIQUE INDEX "i" ON "New" (id); ALTER TABLE "New" ALTER COLUMN id SET NOT NULL',
  'CREATE TRIGGER t BEFORE INSERT ON "New" FOR EACH ROW EXECUTE FUNCTION f()'.replace(
    /^/,
    'CREATE TABLE "New" (id int);',
  ),
  'ALTER TABLE "Tenant" ADD COLUMN "a" text, ADD COLUMN "b" int NOT NULL DEFAULT 0',
  'CREATE INDEX "i" ON "Tenant" ("a")',
  'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; DELETE FROM "Tenant" $$; REVOKE ALL ON FUNCTION f() FROM PUBLIC',
  'GRANT SELECT ON "Tenant" TO freeflow_api',
])('only adds: %s', async (sql) => {
  expect(await findFaults(sql, [])).toEqual([]);
});

test.each([
  'ALTER TABLE "Tenant" DROP COLUMN "name"',
  'ALTER TABLE "Tenant" ADD COLUMN "a" text, DROP COLUMN "name"',
  'ALTER TABLE "Tenant" RENAME COLUMN "name" TO "title"',
  'ALTER TABLE "Tenant" ALTER COLUMN "name" TYPE varchar(10)',
  'ALTER TABLE "Tenant" ALTER COLUMN "a" SET NOT NULL',
  'ALTER TABLE "Tenant" ADD COLUMN "a" text NOT NULL',
  'DROP TABLE "Tenant"',
  'DROP FUNCTION f()',
  'TRUNCATE "Tenant"',
  'DELETE FROM "Tenant"',
  'REVOKE SELECT ON "Tenant" FROM freeflow_api',
])('takes away, and has to name the release that uses it no more: %s', async (sql) => {
  expect(await findFaults(sql, ['1.2.0'])).toEqual([expect.stringContaining('-- contract 1.2.3: REASON')]);
  const excused = (release: string) => `-- contract ${release}: nothing has read it since then\n${sql}`;
  expect(await findFaults(excused('1.2.0'), ['1.2.0'])).toEqual([]);
  expect(await findFaults(excused('1.3.0'), ['1.2.0'])).toEqual([expect.stringContaining('there is no release 1.3.0')]);
  expect(await findFaults(`-- compatible: it is all right, really it is\n${sql}`, [])).toHaveLength(1);
});

test.each([
  'CREATE UNIQUE INDEX "i" ON "Tenant" ("a")',
  'DROP INDEX "i"',
  'ALTER TABLE "Tenant" ADD CONSTRAINT c CHECK (a > 0)',
  'ALTER TABLE "Tenant" ADD COLUMN "a" text UNIQUE',
  'CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
  'CREATE TRIGGER t BEFORE INSERT ON "Tenant" FOR EACH ROW EXECUTE FUNCTION f()',
  `ALTER TYPE "OperationKind" ADD VALUE 'x'`,
  'UPDATE "Tenant" SET "a" = 1',
  'DO $$ BEGIN END $$',
])('may disturb, and has to say why it does not: %s', async (sql) => {
  expect(await findFaults(sql, [])).toEqual([expect.stringContaining('-- compatible: REASON')]);
  expect(await findFaults(`-- compatible: the release before writes only what fits\n${sql}`, [])).toEqual([]);
  expect(await findFaults(`-- compatible: yes\n${sql}`, [])).toHaveLength(1);
});

test('an index that is known not to be unique may go', async () => {
  expect(await findFaults('DROP INDEX "i"', [], ['i'])).toEqual([]);
  expect(await findFaults('DROP INDEX "i", "j"', [], ['i'])).toHaveLength(1);
});
