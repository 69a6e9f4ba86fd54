import { spawn } from 'node:child_process';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { freePort } from '../../stack/ports';
import { until } from '../support/until';

/** A Temporal server of the suite's own, in memory. */
export interface OwnTemporal {
  port: number;
  connection: Connection;
  /** The test servers, but for Temporal: a namespace of this one where nothing is registered. */
  newNamespace(name: string): Promise<StackInfo>;
  close(): Promise<void>;
}

/** @param dynamicConfig settings of the server, as NAME=JSON */
export async function openOwnTemporal(info: StackInfo, dynamicConfig: readonly string[] = []): Promise<OwnTemporal> {
  const { cliPath } = info.temporal;
  if (cliPath === undefined)
    throw new Error('the Temporal of the test servers is not ours, so there is no program to start another one');
  const port = await freePort();
  const child = spawn(
    cliPath,
    [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--headless', '--log-level', 'error'],
      ...dynamicConfig.flatMap((it) => ['--dynamic-config-value', it]),
    ],
    { stdio: 'ignore' },
  );
  const address = `127.0.0.1:${port}`;
  const connection = await until('Temporal answers', async () =>
    Connection.connect({ address, connectTimeout: 2_000 }),
  );
  await until(
    'its own namespace is there',
    async () => (await connection.workflowService.describeNamespace({ namespace: 'default' })).namespaceInfo != null,
  );
  const close = async () => {
    await connection.close();
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  const newNamespace = async (name: string) => {
    const { workflowService } = connection;
    await workflowService.registerNamespace({ namespace: name, workflowExecutionRetentionPeriod: msToTs('1 day') });
    await until(
      'the namespace is there',
      async () => (await workflowService.describeNamespace({ namespace: name })).namespaceInfo != null,
    );
    return { ...info, temporal: { ...info.temporal, address, namespace: name } };
  };
  return { port, connection, newNamespace, close };
}
