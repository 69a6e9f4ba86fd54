import { isDeepStrictEqual } from 'node:util';
import { ends } from '../kill/operations';
import { foreignResourcesAt, type ForeignResource } from '../support/foreign-resources';
import type { TestInstallation } from '../support/installation';
import { askFor } from '../support/tenants';

/** One at each server; in the short form, beside test/lifecycle/foreign-names.ts, the one whose create does least. */
const WHAT =
  process.env['CHAOS'] === 'all'
    ? ['a PostgreSQL database', 'a MongoDB database', 'a Qdrant collection', 'a Keycloak realm']
    : ['a Keycloak realm'];

/** Something of another party, under a name that is requested in the middle of everything. */
interface Placed extends ForeignResource {
  name: string;
  before: unknown;
}

export const placeForeignResources = ({ info }: TestInstallation, prefix: string): Promise<Placed[]> =>
  Promise.all(
    foreignResourcesAt(info)
      .filter(({ what }) => WHAT.includes(what))
      .map(async (foreign, at) => {
        const name = `${prefix}stranger${at}`;
        await foreign.make(name);
        return { ...foreign, name, before: await foreign.content(name) };
      }),
  );

/** Requests tenants of their names; gives what went wrong: such a create is undone, and they are what they were. */
export async function createOverForeignResources(
  installation: TestInstallation,
  foreignResources: readonly Placed[],
  timeoutMs: number,
): Promise<string[]> {
  const seen = await Promise.all(
    foreignResources.map(async ({ what, name, before, content }) => {
      const end = await ends(installation, 'create', { id: await askFor(installation, name), name }, timeoutMs).then(
        ({ operation }) => operation.state,
        String,
      );
      const isSame = isDeepStrictEqual(await content(name).catch((error: unknown) => error), before);
      return [
        ...(end === 'rolled_back' ? [] : [`a tenant of the name of ${what} that isn't ours: ${end}`]),
        ...(isSame ? [] : [`${what} that isn't ours was changed`]),
      ];
    }),
  );
  return seen.flat();
}

export const removeForeignResources = (foreignResources: readonly Placed[]): Promise<unknown> =>
  Promise.all(foreignResources.map(({ name, remove }) => remove(name)));
