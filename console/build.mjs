// Builds the page into dist/console/page, as the API serves it: files named by their content, each compressed beside
// itself, and a list of the packages in it for the image's bill of materials (deploy/image/).
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

const ROOM = import.meta.dirname;
const ROOT = path.join(ROOM, '..');
const TARGET = path.join(ROOT, 'dist/console');
/** Built there, then put in place of the page: what is served meanwhile is the old one or the new one. */
const SCRATCH = path.join(TARGET, `page.${process.pid}`);
const CONTRACT = path.join(ROOT, 'contract');

const packages = new Set();

/** Notes the packages whose code is in the page. */
const notePackages = {
  name: 'note-packages',
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap((it) => (it.type === 'chunk' ? Object.entries(it.modules) : []));
    for (const [file, { renderedLength }] of modules) {
      const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? [];
      if (renderedLength > 0 && folder?.startsWith(ROOT)) packages.add(path.relative(ROOT, folder));
    }
  },
};

const MANTINE_PART = /^(?<mantine>.*\/@mantine\/core)\/esm\/.*\/(?<part>\w+)\.module\.mjs$/;

/** Of Mantine's style sheets those of the parts that are in the page: each comes with the names of its classes. */
const mantineStyles = {
  name: 'mantine-styles',
  transform(code, id) {
    const { mantine, part } = MANTINE_PART.exec(id)?.groups ?? {};
    return part === undefined ? null : `import ${JSON.stringify(`${mantine}/styles/${part}.css`)};\n${code}`;
  },
};

/** Code of zod that describes schemas as JSON Schema, which no page does: by their names, as functions of nothing. */
const leaveOutJsonSchema = {
  name: 'leave-out-json-schema',
  transform(code, id) {
    if (!/\/zod\/v4\/core\/(?:json-schema-processors|to-json-schema)\.js$/.test(id)) return undefined;
    const names = [...code.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(([, name]) => name);
    return { code: names.map((it) => `export const ${it} = () => () => undefined;`).join('\n'), map: null };
  },
};

/** Of the contract's schemas what only the documentation of the API says: descriptions, ids and examples. */
const leaveOutDescriptions = {
  name: 'leave-out-descriptions',
  transform(code, id) {
    if (!id.startsWith(path.join(CONTRACT, 'http') + path.sep)) return undefined;
    const found = findDescriptions(this.parse(code)).toSorted(([one], [other]) => other - one);
    const rest = found.reduce((text, [start, end]) => text.slice(0, start) + text.slice(end), code);
    return { code: rest, map: null };
  },
};

/** Where `.describe(…)` and `.meta(…)` stand in the code. */
function findDescriptions(node) {
  if (Array.isArray(node)) return node.flatMap(findDescriptions);
  if (typeof node?.type !== 'string') return [];
  const { type, callee } = node;
  if (type !== 'CallExpression' || !/^(?:describe|meta)$/.test(callee.property?.name))
    return Object.values(node).flatMap(findDescriptions);
  return [...findDescriptions(callee.object), [callee.object.end, node.end]];
}

function compress(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (!/\.(?:js|css|svg)$/.test(entry.name)) continue;
    const content = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
    writeFileSync(
      `${file}.br`,
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
    );
  }
}

function putInPlace() {
  const page = path.join(TARGET, 'page');
  const former = path.join(TARGET, `former.${process.pid}`);
  if (existsSync(page)) renameSync(page, former);
  renameSync(SCRATCH, page);
  rmSync(former, { recursive: true, force: true });
}

await build({
  configFile: false,
  root: ROOM,
  base: '/console/',
  logLevel: 'warn',
  plugins: [react(), mantineStyles, leaveOutJsonSchema, leaveOutDescriptions, notePackages],
  resolve: {
    // Its sources: of what is compiled for Node nothing could be left out.
    alias: [
      { find: '@freeflow/contract/http', replacement: path.join(CONTRACT, 'http/index.ts') },
      { find: /^@freeflow\/contract$/, replacement: path.join(CONTRACT, 'index.ts') },
    ],
  },
  // The API puts a new one in for each answer.
  html: { cspNonce: '__NONCE__' },
  build: {
    outDir: SCRATCH,
    emptyOutDir: true,
    manifest: 'manifest.json',
    // Inlined ones would be data: URLs, for which the policy of the page would have to be wider.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_000,
    // What many parts need in one file: it is compressed better than in thirty. As measured by test/console-size.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 7 }] } } },
  },
});
compress(SCRATCH);
putInPlace();
writeFileSync(path.join(TARGET, 'packages.json'), JSON.stringify([...packages].sort((a, b) => (a < b ? -1 : 1))));
