import type { Document } from 'mongodb';
import type { Attack } from './attack';
import type { MongoReach } from './mongodb-reach';

const AS = 'its user';

/** Whatever a program in the database could use to get out of it. */
const DANGEROUS = ['db', 'Mongo', 'cat', 'load', 'listFiles', 'runProgram', 'run', 'require', 'process', 'fetch'];

const look = (what: string, answer: string, run: (by: MongoReach) => Promise<string>): Attack => ({
  what,
  as: AS,
  answer,
  run: ({ mongodb }) => run(mongodb),
});

export const MONGODB_LIMITS: readonly Attack[] = [
  look(
    'see itself: name, roles, nonce, and the verifier of its own password',
    'credentials, customData, db, mechanisms, roles, user, userId',
    async (by) => {
      const { users } = await by.answer(by.database, {
        usersInfo: { user: by.database, db: by.database },
        showCredentials: true,
      });
      return (users as Document[])
        .flatMap((it) => Object.keys(it))
        .filter((it) => it !== '_id')
        .sort()
        .join(', ');
    },
  ),
  look('see what runs, its own alone', 'only its own', async (by) => {
    const { inprog } = await by.answer('admin', { currentOp: 1, $ownOps: true });
    const users = (inprog as { effectiveUsers?: { user: string }[] }[]).flatMap((it) => it.effectiveUsers ?? []);
    return users.every((it) => it.user === by.database) ? 'only its own' : "also others'";
  }),
  look("see the server's version", 'version', async (by) =>
    'version' in (await by.answer('admin', { buildInfo: 1 })) ? 'version' : 'nothing',
  ),
  look('change `_freeflow_meta`, a note which proves nothing: the nonce is the customData of its user', 'done', (by) =>
    by.run(by.database, {
      update: '_freeflow_meta',
      updates: [
        { q: { _id: 'tenant' }, u: { $currentDate: { touched: true } } },
        { q: { _id: 'tenant' }, u: { $unset: { touched: '' } } },
      ],
    }),
  ),
  look(
    `run JavaScript inside the server ($where), where nothing leads out: no ${DANGEROUS.slice(0, -1).join(', ')} or ${DANGEROUS.at(-1)}`,
    'none of these',
    async (by) => {
      const found = async (condition: string) => {
        const { n } = await by.answer(by.database, {
          count: '_freeflow_meta',
          query: { $where: `function () { return ${condition}; }` },
        });
        return n === 1;
      };
      if (!(await found('true'))) return 'no JavaScript';
      return (await found(DANGEROUS.map((it) => `typeof ${it} !== 'undefined'`).join(' || ')))
        ? 'one of these'
        : 'none of these';
    },
  ),
];
