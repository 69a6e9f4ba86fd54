import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../stack/project';

/** The rooms that use the master database. */
const ROOMS = ['activities', 'api', 'cli', 'lib', 'prisma', 'worker'];
const COMMENT = /^\s*(--|\/\/|\/?\*).*$/gm;
const NOTIFIES = /pg_notify|\b(NOTIFY|LISTEN) +"?[a-z_]/;
/** What these have made is made anew by a later one, without. */
const HISTORY = ['prisma/migrations/20261128003000_events/', 'prisma/migrations/20261128060000_webhooks/'];

const sources = ROOMS.flatMap((room) =>
  readdirSync(path.join(projectRoot(), room), { recursive: true, encoding: 'utf8' })
    .map((it) => path.join(room, it))
    .filter((file) => /\.(ts|sql)$/.test(file) && !/(^|\/)(dist|generated|node_modules)\/|\.test\.ts$/.test(file)),
);

test('nothing notifies or listens by PostgreSQL: queue and lock of that belong to all databases of a server, tenants included', () => {
  const codeOf = (file: string) => readFileSync(path.join(projectRoot(), file), 'utf8').replaceAll(COMMENT, '');
  const found = sources.filter((file) => NOTIFIES.test(codeOf(file)));
  const isHistory = (file: string) => HISTORY.some((folder) => file.startsWith(folder));
  expect(found.filter((file) => !isHistory(file))).toEqual([]);
  // They would be found.
  expect(found.filter(isHistory)).toHaveLength(HISTORY.length);
});
