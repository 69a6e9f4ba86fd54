import { openApiBench, type ApiBench } from '../support/api-bench';
import { terminateRuns } from '../support/temporal';
import { trySchemathesis } from './schemathesis';

/** `SCHEMATHESIS=600` for as many seconds. */
const SECONDS = Number(process.env['SCHEMATHESIS'] ?? 20);
/** Fewer would show little: where the machine is busy it gets more time. */
const FEWEST_CASES = 100;
const LONGEST_S = Math.max(SECONDS, 160);

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
    for (let seconds = SECONDS, cases = 0; cases < FEWEST_CASES; seconds *= 2) {
      expect(seconds).toBeLessThanOrEqual(LONGEST_S);
      const verdict = await trySchemathesis(bench.url, await bench.issuer.token(), { seconds, examples: SECONDS * 2 });
      const { hasPassed, text } = verdict;
      if (process.env['SCHEMATHESIS'] !== undefined) process.stdout.write(text);
      expect({ hasPassed, text: hasPassed ? '' : text }).toEqual({ hasPassed: true, text: '' });
      ({ cases } = verdict);
    }
  },
  (2 * LONGEST_S + 400) * 1_000,
);
