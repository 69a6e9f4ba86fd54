import { spawn } from 'node:child_process';
import { Connection } from '@temporalio/client';
import type { StackInfo } from '../../stack/stack-info';
import { freePort } from '../house';
import { until } from '../until';

/** A Temporal server of the suite's own, in memory, with nothing registered. */
export interface OwnTemporal {
  port: number;
  /** The test servers, but for Temporal. */
  info: StackInfo;
  connection: Connection;
  close(): Promise<void>;
}

export async function openOwnTemporal(info: StackInfo): Promise<OwnTemporal> {
  const { cliPath, namespace } = info.temporal;
  if (cliPath === undefined) throw new Error('the Temporal of the test servers is not ours, so there is no program to start another one');
  const port = await freePort();
  const child = spawn(cliPath, ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--headless', '--namespace', namespace, '--log-level', 'error'], { stdio: 'ignore' });
  const address = `127.0.0.1:${port}`;
  const connection = await until('Temporal answers', async () => Connection.connect({ address, connectTimeout: 2_000 }));
  await until('its namespace is there', async () => (await connection.workflowService.describeNamespace({ namespace })).namespaceInfo != null);
  const close = async () => {
    await connection.close();
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  return { port, info: { ...info, temporal: { ...info.temporal, address } }, connection, close };
}
