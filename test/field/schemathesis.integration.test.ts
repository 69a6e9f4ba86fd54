import { openApiBench, type ApiBench } from '../support/api-bench';
import { terminateRuns } from '../support/temporal';
import { trySchemathesis } from './schemathesis';

/** `SCHEMATHESIS=600` for as many seconds. */
const SECONDS = Number(process.env['SCHEMATHESIS'] ?? 20);

let bench: ApiBench;
beforeAll(async () => {
  bench = await openApiBench();
});
afterAll(async () => {
  await terminateRuns(bench.operator, bench.taskQueue);
  await bench.close();
});

test(
  'every answer is one that the OpenAPI document has, and none is a failure of the server',
  async () => {
    const { hasPassed, cases, text } = await trySchemathesis(bench.url, await bench.issuer.token(), {
      seconds: SECONDS,
      examples: SECONDS * 2,
    });
    if (process.env['SCHEMATHESIS'] !== undefined) process.stdout.write(text);
    expect({ hasPassed, text: hasPassed ? '' : text }).toEqual({ hasPassed: true, text: '' });
    expect(cases).toBeGreaterThan(100);
  },
  (SECONDS + 400) * 1_000,
);
