import type { Drift, Notes, OnFile, PlannedFile, Target } from '../../backend';
import { jsonIn } from '../../blueprint';
import type { PostgresServer } from '../server';
import { EXTENSIONS_PATH, extensions } from './form';
import { isMarked, readMarks } from './marks';
import { asOwner } from './owner-session';
import { assertOwn, preparePlace } from './place';
import { runFile } from './run-file';

/**
 * Runs the files of SQL that the tenant has not got yet, one after the other, as the owner of its database; what the
 * master database has recorded is not run again, whatever the tenant's own database says.
 * @param timeoutMs how long one statement may take
 */
export async function applyBlueprint(
  server: PostgresServer,
  target: Target,
  files: readonly PlannedFile[],
  onFile: OnFile,
  timeoutMs: number,
): Promise<Notes> {
  const declared = files.filter(({ path }) => path === EXTENSIONS_PATH);
  await preparePlace(
    server,
    target,
    declared.flatMap((it) => jsonIn(it, extensions)),
  );
  for (const it of declared) await onFile(it, 'applied');
  const open = files.filter((it) => it.path !== EXTENSIONS_PATH && !it.isApplied);
  if (open.length === 0) return [];
  const notes: string[] = [];
  await asOwner(server, target, timeoutMs, async (client, settings) => {
    // Read once no session of an earlier attempt is left: what that has done is done, or never will be.
    const marks = await readMarks(client);
    const done = open.filter((it) => isMarked(marks, it));
    for (const it of done) await onFile(it, 'applied');
    notes.push(...done.map(({ path }) => `${path} had been applied to ${target.name} by an earlier attempt`));
    for (const file of open.filter((it) => !done.includes(it))) {
      target.signal.throwIfAborted();
      await target.announceCall();
      await onFile(file, 'begun');
      const failure = await runFile(client, file, { timeoutMs, settings });
      if (failure !== undefined) {
        // Where that can't be recorded it stays in doubt, which the next attempt ends.
        if (failure.isUndone) await onFile(file, 'undone').catch(() => undefined);
        throw failure.fault;
      }
      await onFile(file, 'applied');
      notes.push(`${file.path} applied`);
    }
  });
  return notes;
}

/** As pg_dump does; releases before 16.4 know the first only. */
const FORBID_CODE = `
  SELECT pg_catalog.set_config('row_security', 'off', false),
         (SELECT pg_catalog.set_config(name, 'view, foreign-table', false) FROM pg_catalog.pg_settings WHERE name = 'restrict_nonsystem_relation_kind')`;

/** What is recorded as applied and the database itself knows nothing of, as after it was restored from a backup. */
export async function findBlueprintDrift(
  server: PostgresServer,
  { name, signal }: Target,
  files: readonly PlannedFile[],
): Promise<Drift[]> {
  return server.inDatabase(name, signal, async ({ client }) => {
    // As the provisioner: what the tenant may have made of this table, by the owner's rights, is not to run as that.
    // A view, or the policies of a table, would.
    await client.query(FORBID_CODE);
    await assertOwn(client, name);
    const marks = await readMarks(client);
    const { rows } = await client.query<{ name: string }>('SELECT extname AS name FROM pg_extension');
    const wanted = files.filter(({ path }) => path === EXTENSIONS_PATH).flatMap((it) => jsonIn(it, extensions));
    return [
      ...wanted
        .filter((it) => !rows.some((row) => row.name === it))
        .map((it) => ({ what: `by ${EXTENSIONS_PATH}, extension ${it} is missing` })),
      ...files
        .filter((it) => it.path !== EXTENSIONS_PATH && it.isApplied && marks.get(it.path)?.token !== it.token)
        .map(({ path }) => ({ what: `its database has no note of ${path}, which was applied: was it restored?` })),
    ];
  });
}
