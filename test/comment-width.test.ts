import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../stack/project';

const WIDTH = 120;
const NOT_OURS = /(^|\/)(dist|generated|node_modules|\.[\w-]+)(\/|$)/;
const COMMENT = /^\s*(\/\/|\/\*\*|\*) /;

const sources = readdirSync(projectRoot(), { withFileTypes: true })
  .filter((it) => it.isDirectory() && !NOT_OURS.test(it.name))
  .flatMap(({ name: room }) =>
    readdirSync(path.join(projectRoot(), room), { recursive: true, encoding: 'utf8' }).map((it) => path.join(room, it)),
  )
  .filter((file) => /\.(ts|cjs)$/.test(file) && !NOT_OURS.test(file));

test('the sources are found', () => {
  expect(sources.length).toBeGreaterThan(800);
});

// The formatter leaves them alone.
test(`no comment is wider than ${WIDTH} columns`, () => {
  const wide = sources.flatMap((file) =>
    readFileSync(path.join(projectRoot(), file), 'utf8')
      .split('\n')
      .flatMap((text, at) => (text.length > WIDTH && COMMENT.test(text) ? [`${file}:${at + 1}`] : [])),
  );
  expect(wide).toEqual([]);
});
