import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimPorts } from './port-claims';
import { choosePorts, isFree, PREFERRED_PORTS, type Ports } from './ports';
import { loadSettings, saveSettings } from './settings';

/** Apart from what stacks and other tests use, below what the system hands out. */
const BASE = 21_000 + (process.pid % 1_000) * 10;

const ports = (changed: Partial<Ports> = {}): Ports => ({ ...PREFERRED_PORTS, ...changed });

let folder: string;
let server: Server;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'freeflow-ports-'));
  server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(BASE, '127.0.0.1', resolve);
  });
});
afterEach(async () => {
  await new Promise((resolve) => {
    server.close(resolve);
  });
  rmSync(folder, { recursive: true });
});

test('a free port stays, a taken one gives way to the next free one', async () => {
  expect(await isFree(BASE)).toBe(false);
  const chosen = await choosePorts(ports({ postgres: BASE, mongodb: BASE + 5 }), ['postgres', 'mongodb']);
  expect(chosen).toMatchObject({ postgres: BASE + 1, mongodb: BASE + 5 });
});

test('no two are the same, and none is one of those that are not requested', async () => {
  const chosen = await choosePorts(ports({ postgres: BASE, mongodb: BASE, qdrant: BASE, keycloak: BASE + 1 }), [
    'postgres',
    'mongodb',
    'qdrant',
  ]);
  expect(chosen).toMatchObject({ postgres: BASE + 2, mongodb: BASE + 3, qdrant: BASE + 4, keycloak: BASE + 1 });
});

test('what was chosen is kept, though the preferred one is free again', async () => {
  const settings = loadSettings(folder);
  saveSettings(folder, { ...settings, ports: await choosePorts({ ...settings.ports, postgres: BASE }, ['postgres']) });
  await new Promise((resolve) => {
    server.close(resolve);
  });
  const again = loadSettings(folder);
  expect(again.credentials).toEqual(settings.credentials);
  expect((await choosePorts(again.ports, ['postgres'])).postgres).toBe(BASE + 1);
});

test('two stacks that choose at the same time, before any server of theirs listens, get different ports', async () => {
  const choose = (dir: string) =>
    claimPorts({ cache: folder, dir }, ports({ postgres: BASE, qdrant: BASE + 1 }), ['postgres', 'qdrant']);
  const chosen = await Promise.all([choose('/one'), choose('/two'), choose('/three')]);
  const numbers = chosen.flatMap(({ postgres, qdrant }) => [postgres, qdrant]);
  expect(new Set(numbers).size).toBe(6);
  // The servers of one folder and its API are started by several processes: what one has chosen is not another's.
  expect(await claimPorts({ cache: folder, dir: '/one' }, chosen[0] ?? ports(), ['postgres', 'qdrant'])).toEqual(
    chosen[0],
  );
});
