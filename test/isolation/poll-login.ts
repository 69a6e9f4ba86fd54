import type { TenantSession } from './tenant-session';

/**
 * Logs in to a database again and again, from before it exists. `stop` knocks once more and says `done` if it was let
 * in even once, else how it was refused in the end.
 */
export function pollLogin(database: string, { postgres }: TenantSession): { stop(): Promise<string> } {
  const answers: string[] = [];
  let goesOn = true;
  const polling = async () => {
    do answers.push(await postgres.logIn({ database }));
    while (goesOn);
  };
  const both = Promise.all([polling(), polling()]);
  return {
    stop: async () => {
      goesOn = false;
      await both;
      return answers.includes('done') ? 'done' : postgres.logIn({ database });
    },
  };
}
