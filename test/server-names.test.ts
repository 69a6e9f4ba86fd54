import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../stack/project';

/**
 * The rooms that deal with backends in general. All that knows one of the servers lives in backends/, contract/ or
 * stack/.
 */
const ROOMS = ['activities', 'api', 'bench', 'cli', 'lib', 'prisma', 'scripts', 'worker', 'workflows'];
// Also what the replay test copies for a moment.
const BUILT = /(^|\/)(dist|generated|histories|migrations|node_modules|\.scratch-\w+)\//;
const NAMES = /postgres|mongo|qdrant|keycloak/gi;

/** Where a server may be named all the same, by which of its names, why, and on which lines, where not on all. */
const EXCEPTIONS: readonly [under: string, names: RegExp, why: string, lines?: RegExp][] = [
  ['lib/pg/', /^postgres$/i, 'sessions of PostgreSQL, which is the master database too'],
  ['prisma/master-session.ts', /^postgres$/i, 'what its server refuses, in a message'],
  ['lib/config/', /^postgres$/i, 'the URL of the master database'],
  ['prisma/ensure-database.ts', /^postgres$/i, 'the database from which the master database is created'],
  ['prisma/schema-engine.ts', /^postgres$/i, "the dialect of Prisma's schema engine"],
  [
    'prisma/seed-',
    /^(postgres|mongo|qdrant)$/i,
    'variables whose names are given from outside: SEED_POSTGRES_HOST, ...',
  ],
  ['activities/lock-', /^postgres$/i, 'the tenant lock is an advisory lock of the master database'],
  ['api/plugins/master-problems.ts', /^postgres$/i, 'the error codes of the master database'],
  ['api/tenants/cursor.ts', /^postgres$/i, 'what the master database takes for a moment'],
  ['workflows/answer-form.ts', /^postgres$/i, 'what text the master database stores'],
  ['cli/doctor/master.ts', /^postgres$/i, 'the checks of the master database'],
  ['bench/scale', /^postgres$/i, 'the server of the master database, whose plans are read'],
  ['bench/scale/process.ts', /^keycloak$/i, 'a pool that is turned off', /KEYCLOAK_POOL_SIZE/],
  [
    'cli/commands/setup-backends.ts',
    /^postgres$/i,
    'the form of a URL of the master database',
    /postgresql:\/\/server/,
  ],
  ['bench/script/', /./, 'the yardstick calls the servers itself'],
  ['bench/spans/', /./, 'the spans are of the drivers of the servers'],
  ['bench/spans-worker.ts', /./, 'where the servers are whose calls are noted'],
  ['bench/product/', /^keycloak$/i, 'its pool of realms'],
  ['bench/scenarios/', /^(postgres|keycloak)$/i, 'what is killed in the middle of, and descriptions'],
  ['bench/run/options.ts', /^postgres$/i, 'another Temporal, in a description'],
  ['api/plugins/docs.ts', /./, 'the description of the product'],
  ['api/config.ts', /^keycloak$/i, 'the identity provider whose tokens the API takes, in a description'],
  ['scripts/bundle.cjs', /^mongo$/i, 'packages that its driver asks for and does without', /mongo/],
  ['workflows/operator-view.ts', /^keycloak$/i, 'an example of a command line', /temporal workflow signal/],
  ['cli/', /^(postgres|qdrant|keycloak)$/i, 'examples of command lines', /pnpm (-s )?freeflow|--step <step>/],
];

interface Mention {
  file: string;
  line: number;
  text: string;
  name: string;
}

const sources = ROOMS.flatMap((room) =>
  readdirSync(path.join(projectRoot(), room), { recursive: true, encoding: 'utf8' })
    .map((it) => path.join(room, it))
    .filter((file) => /\.(ts|cjs)$/.test(file) && !/\.test\.ts$/.test(file) && !BUILT.test(file)),
);

const mentions: Mention[] = sources.flatMap((file) =>
  readFileSync(path.join(projectRoot(), file), 'utf8')
    .split('\n')
    .flatMap((text, at) => [...text.matchAll(NAMES)].map(([name]) => ({ file, line: at + 1, text, name }))),
);

const isExcepted = (
  { file, name, text }: Mention,
  [under, names, _why, lines = /./]: (typeof EXCEPTIONS)[number],
): boolean => file.startsWith(under) && names.test(name) && lines.test(text);

test('the sources are found', () => {
  expect(sources.length).toBeGreaterThan(150);
});

test('no server is named outside its room', () => {
  const stray = mentions.filter((it) => !EXCEPTIONS.some((exception) => isExcepted(it, exception)));
  expect(stray.map(({ file, line, name }) => `${file}:${line} ${name}`)).toEqual([]);
});

test('every exception is needed', () => {
  const unused = EXCEPTIONS.filter((exception) => !mentions.some((it) => isExcepted(it, exception)));
  expect(unused.map(([under]) => under)).toEqual([]);
});
