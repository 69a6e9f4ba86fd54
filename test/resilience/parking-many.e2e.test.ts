import { BACKEND_KINDS } from '@freeflow/contract';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { writeSection } from '../support/faults-page';
import { observeFromOutside } from '../support/outside';
import { pooled } from '../support/pooled';
import { askFor, deleteTenant, logOf, parkedStepsOf, tenantOf, type Tenant } from '../support/tenants';
import { until } from '../support/until';

const IS_LONG = process.env['FAULTS'] === 'all';
const COUNT = IS_LONG ? 20 : 3;
const BACKENDS = IS_LONG ? BACKEND_KINDS : (['qdrant'] as const);
/** How often a parked step tries by itself, in ms. */
const SOON = 2_000;
const TIMEOUT_MS = 10 * 60_000;

const REPAIRS = {
  "the backend's return alone": { retryMs: SOON, repair: async () => [], isTold: false },
  'one `POST /tenants/retry {step}`': {
    // Longer than the test: what goes on here goes on because of the command.
    retryMs: 3_600_000,
    repair: async (installation: FaultInjectedInstallation, step: string) =>
      (await installation.request('POST', '/tenants/retry', { step })).body['items'] as { result: string }[],
    isTold: true,
  },
} as const;

const lines: string[] = [];

// In the short form test/parking/answer-keys retries all that is parked at a step, cli/commands/tenants/on-call all
// there is.
const repairs = Object.entries(REPAIRS).filter(([, { isTold }]) => IS_LONG || !isTold);

describe.each(repairs)('repaired by %s', (way, { retryMs, repair, isTold }) => {
  let installation: FaultInjectedInstallation;
  beforeAll(async () => {
    installation = await openFaultInjectedInstallation({ STEP_PATIENCE_MS: '500', PARKED_RETRY_MS: String(retryMs) });
  });
  afterAll(() => installation.close());

  test.each(BACKENDS)(
    `${COUNT} tenants parked at %s are active`,
    async (backend) => {
      const step = `${backend}.create`;
      installation.proxies[backend].shut();
      const askedAt = Date.now();
      const tenants = await pooled(
        5,
        Array.from({ length: COUNT }, () => newName('m')),
        async (name) => ({ name, id: await askFor(installation, name) }),
      );
      for (const { id } of tenants)
        await until(`${id} is parked`, async () => (await parkedStepsOf(installation, id)).includes(step), TIMEOUT_MS);
      const parkedMs = Date.now() - askedAt;
      // Else it would count how long the other backends take.
      for (const { id } of tenants)
        await until(
          `${id} is done everywhere else`,
          async () =>
            (await logOf(installation, id)).filter((it) => it.step.endsWith('.probe') && it.status === 'success')
              .length === 3,
          TIMEOUT_MS,
        );

      const failures = new Map(
        await Promise.all(tenants.map(async ({ id }) => [id, await failuresOf(installation, id, step)] as const)),
      );

      installation.proxies[backend].open();
      const repairedAt = Date.now();
      const results = await repair(installation, step);
      expect(results.map((it) => it.result)).toEqual(Array(isTold ? COUNT : 0).fill('retried'));
      const repaired = await Promise.all(
        tenants.map(({ id }) => untilDone(installation, id, step, failures.get(id) ?? 0, isTold)),
      );
      const activeMs = Date.now() - repairedAt;
      const ended = repaired.map((it) => it.tenant);

      expect(ended.map((it) => [it.status, it.operation.state])).toEqual(tenants.map(() => ['active', 'done']));
      for (const { name } of tenants) {
        expect(await observeFromOutside(installation.info, name)).toMatchObject({
          postgres: { owner: `freeflow_${name}_owner` },
          mongoUsers: [`freeflow_${name}`],
          qdrantTokens: 1,
          keycloak: { id: expect.any(String) },
        });
      }
      lines.push(`| ${COUNT} at \`${step}\` | ${way} | ${seconds(parkedMs)} | ${seconds(activeMs)} |`);
      process.stdout.write(`${lines.at(-1)} failed again: ${repaired.reduce((sum, it) => sum + it.failedAgain, 0)}\n`);
      await pooled(5, tenants, ({ id }) => deleteTenant(installation, id));
    },
    TIMEOUT_MS,
  );
});

test('docs/reports/faults.md is written by the long form', () => {
  if (IS_LONG)
    writeSection(
      'Parked in numbers',
      `${INTRODUCTION}\n\n| parked | repaired by | all parked after | all active after |\n|---|---|---|---|\n${lines.join('\n')}`,
    );
  expect(lines).toHaveLength(BACKENDS.length * repairs.length);
});

const INTRODUCTION = `A backend is stopped, creates are requested, all are parked there; then the backend comes back. They are tried by themselves every
${SOON / 1000} s here (in production every ten minutes), or are retried by one command and would be tried by themselves in an hour only. Counted from its return. A
retry rides out two seconds of failures; where it failed all the same, as when Keycloak answers 500 to realms created at the same time, the tenant was retried once more.`;

const failuresOf = async (installation: FaultInjectedInstallation, id: string, step: string): Promise<number> =>
  (await logOf(installation, id)).filter((it) => it.step === step && it.status === 'error').length;

/** Waits for the end; a step that failed again since then is told to go on once more, where it doesn't by itself. */
async function untilDone(
  installation: FaultInjectedInstallation,
  id: string,
  step: string,
  failedBefore: number,
  isTold: boolean,
): Promise<{ tenant: Tenant; failedAgain: number }> {
  let known = failedBefore;
  const tenant = await until(
    `${id} is active`,
    async () => {
      const now = await tenantOf(installation, id);
      if (now.status !== 'provisioning') return now;
      const failed = await failuresOf(installation, id, step);
      if (failed === known || now.operation.state !== 'parked') return undefined;
      known = failed;
      if (isTold) await installation.request('POST', `/tenants/${id}/retry`);
      return undefined;
    },
    TIMEOUT_MS,
  );
  return { tenant, failedAgain: known - failedBefore };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
