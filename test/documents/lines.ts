import { GUIDES, textOf } from '../support/documents';

/** A line of a shell block in one of our documents. */
export interface Line {
  file: string;
  line: string;
}

/**
 * Commands that tests of their own run, for they start or end the whole product, take long, or need servers of another
 * party.
 */
export const RUN_ELSEWHERE: readonly [RegExp, string][] = [
  [/^npm start\b/, 'test/e2e/stack.e2e.test.ts'],
  [/^npm (?:test|run test:resilience)\b/, '.ci/run'],
  [/^npm run demo\b/, 'test/e2e/stack.e2e.test.ts'],
  [/^pnpm --filter @freeflow\/db-master db:migrate/, 'prisma/migrate.integration.test.ts'],
  [/^pnpm --filter @freeflow\/db-master db:seed/, 'prisma/seed.integration.test.ts'],
  [/^install -m 600 \/dev\/null worker\.env/, 'test/e2e/secret-files.e2e.test.ts'],
  [/freeflow setup backends/, 'cli/commands/setup-backends.integration.test.ts'],
  // Of a Temporal of one's own.
  [/freeflow setup temporal\b/, 'cli/commands/setup-temporal.integration.test.ts'],
  // The stack that runs them has no vault, and secrets are read by those after them.
  [/freeflow secrets (?:move|rekey)\b/, 'cli/secrets/secrets.integration.test.ts'],
  // Each tenant gets it, and one may be under way.
  [/freeflow fleet (?!plan)/, 'test/e2e/fleet.e2e.test.ts'],
  // Both end at Ctrl-C alone.
  [/freeflow events\b/, 'cli/commands/events.e2e.test.ts'],
  [/^curl -N\b/, 'api/events.integration.test.ts'],
  // Would send to a receiver that there is not.
  [/freeflow webhooks create\b/, 'cli/commands/webhooks/webhooks.e2e.test.ts'],
  [/^pg_(?:basebackup|archivecleanup)\b/, 'test/resilience/point-in-time.e2e.test.ts'],
  [/^temporal /, 'test/runbook.integration.test.ts'],
  [/^npm run image\b/, 'test/resilience/image/image.e2e.test.ts'],
  // Of a release, which there is none of here: its tag is signed, and its image is pushed.
  [/npm run release -- prepare\b/, 'deploy/release/prepare.test.ts'],
  [/npm run release -- build\b|^git (?:commit|tag|push)\b|^podman (?:load|push)\b/, 'deploy/release/build.ts'],
  [/^openssl pkeyutl -verify|^sha256sum -c SHA256SUMS/, 'deploy/release/sign.test.ts'],
];

/** Programs that are not to be had where the tests run. */
export const NOT_HERE = /^mongosh /;

/** A block whose text before it says this is not run: there is no Docker where the tests run. */
const NEEDS_DOCKER = /Not started here/;

/** All lines of a document's `sh` blocks, without comments; what is behind a heading that needs Docker is left out. */
function linesOf(file: string): Line[] {
  const sections = textOf(file)
    .split(/^(?=## )/m)
    .filter((it) => !NEEDS_DOCKER.test(it));
  return sections.flatMap((section) =>
    [...section.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, block = '']) =>
      block
        .replaceAll(/\\\n\s*/g, '')
        .split('\n')
        .map((it) => it.replace(/\s+#.*$/, '').trim())
        .filter((it) => it !== '')
        .map((line) => ({ file, line })),
    ),
  );
}

/** All that a reader of our documents may paste. */
export const LINES: readonly Line[] = GUIDES.flatMap(linesOf);
export const isElsewhere = ({ line }: Line) => RUN_ELSEWHERE.some(([form]) => form.test(line));
