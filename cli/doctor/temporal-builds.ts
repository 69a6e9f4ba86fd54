import { countRunsOf, findAbandonedBuilds, readBuilds, type BuildName } from '@freeflow/lib/temporal';
import type { Client } from '@temporalio/client';
import { fail, type Finding, ok } from '../../backends/doctor/check';

/** Checks that the build which gets the runs has workers, and that no run belongs to one that has none. */
export async function checkBuilds(client: Client, queue: string): Promise<Finding> {
  const builds = await readBuilds(client, queue);
  const { current, ramping, alive, known } = builds;
  if (alive.size > 0 && !alive.has(current)) {
    const [other] = [...alive].filter((it) => it !== undefined);
    return fail(
      `${titleOf(current)} get what is to be done, and none polls queue ${queue}; there are those of ${[...alive].map(titleOf).join(', ')}`,
      `Start workers of that version, or promote another one: ${promotionOf(other)}`,
    );
  }
  const abandoned = await findAbandonedBuilds(client, builds);
  if (abandoned.length > 0)
    return fail(
      abandoned.map(({ build, runs }) => `${runs} runs belong to version ${build}, which has no workers`).join('; '),
      'Start its workers again, or end these runs: docs/upgrade.md, "Roll back".',
    );
  if (current === undefined && known.length === 0) return ok('workers are of no version');
  const others = await Promise.all(
    known.flatMap((it) => (it === current ? [] : [countRunsOf(client, it).then((runs) => `${it} has ${runs} runs`)])),
  );
  const what = [`current is ${titleOf(current)}`, ...(ramping === undefined ? [] : [`ramping ${ramping}`]), ...others];
  return ok(what.join(', '));
}

const titleOf = (build: BuildName | undefined): string =>
  build === undefined ? 'workers without a version' : `workers of version ${build}`;

function promotionOf(build: BuildName | undefined): string {
  const [name, id] =
    build === undefined
      ? ['NAME', '--unversioned']
      : [build.split(':')[0], `--build-id ${build.slice(build.indexOf(':') + 1)}`];
  return `temporal worker deployment set-current-version --deployment-name ${name} ${id}`;
}
