import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { identify } from '@freeflow/lib/lock';
import { startApp } from '../../stack/app/app';
import { findPrometheus } from '../../stack/app/prometheus';
import { listenForShutdown } from '../../stack/foreground';
import { plainProgress } from '../../stack/progress';
import { findStackInfo, readStackInfo, writeStackInfo } from '../../stack/stack-info';
import { openMaster, TEST_STACK, type Master } from '../support/master';
import { findPrometheusProgram } from '../support/prometheus';
import { keepPorts, newStackDir } from '../support/stack-bench';
import { openOperator } from '../support/temporal';
import { until } from '../support/until';

const suite = findPrometheusProgram('prometheus') === undefined ? describe.skip : describe;

suite('npm start -- --observe', () => {
  const dir = newStackDir();
  const taskQueue = `observe-${randomBytes(4).toString('hex')}`;
  const shutdown = listenForShutdown(
    () => undefined,
    () => undefined,
  );
  let master: Master;

  /** The test servers as a stack in a folder of its own, of which this process is the supervisor. */
  beforeAll(async () => {
    master = await openMaster();
    keepPorts(dir);
    const info = readStackInfo(TEST_STACK);
    const { apiUrl, workerUrl } = master;
    const masterDatabase = { ...info.masterDatabase, apiUrl, workerUrl };
    writeStackInfo({ ...info, dir, masterDatabase, supervisor: identify(process.pid), processes: {} });
  });
  afterAll(async () => {
    await shutdown.stop();
    const operator = await openOperator(master.info);
    for (const id of [`${taskQueue}-sweep`, `${taskQueue}-reconcile`])
      await operator.client.schedule.getHandle(id).delete();
    await operator.close();
    await master.drop();
    rmSync(dir, { recursive: true });
  });

  test('a Prometheus runs beside worker and API, is named in stack.json, scrapes them and the SDK, and ends with them', async () => {
    const env = { ...process.env, TASK_QUEUE: taskQueue };
    const progress = plainProgress({ write: () => true });
    const observer = await findPrometheus(env);
    const { prometheus } = await startApp(readStackInfo(dir), { env, progress, shutdown, observer });
    const url = prometheus?.url ?? 'none';
    expect(readStackInfo(dir)).toMatchObject({ prometheus: { url, pid: expect.any(Number) } });
    const jobs = await until('all three are up', async () => {
      const answer = (await (await fetch(`${url}/api/v1/query?query=up==1`)).json()) as {
        data: { result: { metric: { job: string } }[] };
      };
      return answer.data.result.length === 3 && answer.data.result.map(({ metric }) => metric.job);
    });
    expect(new Set(jobs)).toEqual(new Set(['freeflow-api', 'freeflow-worker', 'freeflow-temporal-sdk']));
    await shutdown.stop();
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    expect(findStackInfo(dir)).not.toHaveProperty('prometheus');
    expect(findStackInfo(dir)?.worker).not.toHaveProperty('sdkMetricsUrl');
  });
});
