import { isDeepStrictEqual } from 'node:util';
import { ends } from '../kill/operations';
import type { TestInstallation } from '../support/installation';
import { strangersAt, type Stranger } from '../support/strangers';
import { askFor } from '../support/tenants';

/** One at each server. */
const WHAT = ['a PostgreSQL database', 'a MongoDB database', 'a Qdrant collection', 'a Keycloak realm'];

/** Something of somebody else, under a name that is asked for in the middle of everything. */
interface Placed extends Stranger {
  name: string;
  before: unknown;
}

export const placeStrangers = ({ info }: TestInstallation, prefix: string): Promise<Placed[]> =>
  Promise.all(
    strangersAt(info)
      .filter(({ what }) => WHAT.includes(what))
      .map(async (stranger, at) => {
        const name = `${prefix}stranger${at}`;
        await stranger.make(name);
        return { ...stranger, name, before: await stranger.content(name) };
      }),
  );

/** Asks for tenants of their names; gives what went wrong: such a create is undone, and they are what they were. */
export async function meetStrangers(
  installation: TestInstallation,
  strangers: readonly Placed[],
  timeoutMs: number,
): Promise<string[]> {
  const seen = await Promise.all(
    strangers.map(async ({ what, name, before, content }) => {
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

export const removeStrangers = (strangers: readonly Placed[]): Promise<unknown> =>
  Promise.all(strangers.map(({ name, remove }) => remove(name)));
