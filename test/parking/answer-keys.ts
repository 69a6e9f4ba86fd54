import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { newName } from '../support/activity-harness';
import { auditedRows } from '../support/audit';
import type { FaultInjectedInstallation } from '../support/fault-injected-installation';
import { sampleOf } from '../support/sample';
import { askFor, logOf, operationEnds, parkedStepsOf, tenantOf } from '../support/tenants';
import { until } from '../support/until';
import type { Named } from './parking-bench';

/**
 * What a key, and what is no answer, comes to at parked operations. The last test answers all that is parked.
 * @param known a create that is parked at Qdrant, active in the end
 * @param standing takes what is active in the end besides
 */
export function describeAnswerKeys(
  given: () => FaultInjectedInstallation,
  known: Readonly<Named>,
  standing: Named[],
): void {
  const INTERRUPTS = sampleOf(
    [
      ['a text with NUL', 'a\u0000b'],
      ['an object', { toString: 1 }],
    ] as const,
    ([what]) => what === 'a text with NUL',
  );

  let installation: FaultInjectedInstallation;
  /** Creates that are parked at Qdrant, each for one use. */
  let parked: Named[];
  beforeAll(async () => {
    installation = given();
    installation.proxies.qdrant.shut();
    const names = Array.from({ length: 2 + INTERRUPTS.length }, () => newName('k'));
    parked = await Promise.all(names.map(async (name) => ({ name, id: await askFor(installation, name) })));
    for (const { id } of parked) await isParked(id);
    installation.proxies.qdrant.open();
  });
  afterEach(() => installation.proxies.qdrant.open());

  const post = (path: string, body: object | undefined, key?: string) =>
    installation.request('POST', path, body, key === undefined ? {} : { 'idempotency-key': key });
  const isParked = (id: string) =>
    until('it is parked', async () => (await parkedStepsOf(installation, id)).length > 0);
  const parkIdOf = async (id: string) =>
    (
      await installation.master.query<{ parkId: string | null }>(
        `SELECT parked->0->>'parkId' AS "parkId" FROM "TenantOperation" WHERE "tenantId" = $1`,
        [id],
      )
    ).rows[0]?.parkId;
  const acceptedAnswer = (id: string, key: string) => ({ status: 202, body: { id, operation: { id: key } } });

  const parkedCreate = () => parked.pop()?.id ?? '';

  async function parkedSuspend(id: string): Promise<string> {
    installation.proxies.qdrant.shut();
    const { status, body } = await post(`/tenants/${id}/suspend`, undefined, randomUUID());
    expect(status).toBe(202);
    await isParked(id);
    return (body['operation'] as { id: string }).id;
  }

  test("a key stands for one answer: another one under it is refused and changes nothing, the same one never meets the tenant's next operation", async () => {
    const { id } = known;
    installation.proxies.qdrant.shut();
    const created = (await tenantOf(installation, id)).operation.id;
    const [retries, aborts] = [randomUUID(), randomUUID()];

    expect(await post(`/tenants/${id}/retry`, {}, retries)).toMatchObject(acceptedAnswer(id, created));
    for (const [path, body] of [
      ['abort', {}],
      ['retry', { step: 'qdrant.create' }],
      ['skip', { reason: 'lost for good' }],
    ] as const) {
      expect(await post(`/tenants/${id}/${path}`, body, retries)).toMatchObject({
        status: 422,
        body: { code: 'idempotency-key-reused' },
      });
    }
    // Nor for anything else: keys are a principal's own.
    expect(await post(`/tenants/${id}/suspend`, undefined, retries)).toMatchObject({ status: 422 });
    expect(await post('/tenants/retry', {}, retries)).toMatchObject({ status: 422 });
    installation.proxies.qdrant.open();
    expect((await post(`/tenants/${id}/retry`, {})).status).toBe(202);
    expect(await operationEnds(installation, id)).toMatchObject({ status: 'active' });

    const first = await parkedSuspend(id);
    expect(await post(`/tenants/${id}/abort`, { reason: 'by mistake', operationId: created })).toMatchObject({
      status: 409,
      body: { code: 'operation-changed' },
    });
    expect(
      await post(`/tenants/${id}/abort`, { reason: 'by mistake', operationId: first.toUpperCase() }, aborts),
    ).toMatchObject(acceptedAnswer(id, first));
    installation.proxies.qdrant.open();
    expect(await operationEnds(installation, id)).toMatchObject({
      status: 'active',
      operation: { state: 'rolled_back' },
    });
    expect((await post(`/tenants/${id}/abort`, {})).body).toMatchObject({ code: 'not-stuck' });

    const second = await parkedSuspend(id);
    // The answers of before, sent again: answered as before, and not for this operation.
    expect(
      await post(`/tenants/${id}/abort`, { reason: 'by mistake', operationId: first.toUpperCase() }, aborts),
    ).toMatchObject(acceptedAnswer(id, first));
    expect(await post(`/tenants/${id}/retry`, {}, retries)).toMatchObject(acceptedAnswer(id, created));
    expect(await tenantOf(installation, id)).toMatchObject({ operation: { id: second, state: 'parked' } });
    expect(
      await installation.master.query(
        `SELECT state, action FROM "OperationAnswer" WHERE "idempotencyKey" = $1 ORDER BY state`,
        [aborts],
      ),
    ).toMatchObject({
      rows: [
        { state: 'bound', action: 'abort' },
        { state: 'given', action: 'abort' },
      ],
    });

    // Bound and given, but never marked: the API ended in the middle. Temporal knows that it was given.
    const lost = randomUUID();
    const { body } = await post(`/tenants/${id}/abort`, { reason: 'by mistake' }, lost);
    await installation.master.query(`DELETE FROM "OperationAnswer" WHERE "idempotencyKey" = $1 AND state = 'given'`, [
      lost,
    ]);
    installation.proxies.qdrant.open();
    await operationEnds(installation, id);
    expect(await post(`/tenants/${id}/abort`, { reason: 'by mistake' }, lost)).toMatchObject(
      acceptedAnswer(id, (body['operation'] as { id: string }).id),
    );
    // Bound, and never given: the operation has ended without it.
    await installation.master.query(
      `INSERT INTO "OperationAnswer" (id, principal, "idempotencyKey", "bodyHash", "tenantId", "operationId", action, state) SELECT gen_random_uuid(), principal, 'never', "bodyHash", "tenantId", "operationId", action, state FROM "OperationAnswer" WHERE "idempotencyKey" = $1 AND state = 'bound'`,
      [lost],
    );
    expect(await post(`/tenants/${id}/abort`, { reason: 'by mistake' }, 'never')).toMatchObject({
      status: 409,
      body: { code: 'operation-changed' },
    });
  });

  describe("by Temporal's own channels", () => {
    /** Arguments of updates and signals. */
    const MALFORMED: [unknown?][] = [
      [],
      [null],
      ['retry'],
      [7],
      [[]],
      [[{ action: 'retry', by: 'me' }]],
      [{}],
      [{ action: 'retry' }],
      [{ by: 'me' }],
      [{ action: 'destroy', by: 'me' }],
      [{ action: 'abort', by: { toString: 1 } }],
      [{ action: 'abort', by: 'me', reason: 'wrong\u0000name' }],
      [{ action: 'abort', by: 'a\u0000b' }],
      [{ action: 'abort', by: 'me', reason: '\ud800' }],
      [{ action: 'abort', by: 'me', reason: 'x'.repeat(100_000) }],
      [{ action: 'skip', by: 'me', step: ['qdrant.create'] }],
      [{ action: 'retry', by: 'me', step: '\u0000' }],
      [{ action: 'abort', by: 'me', operationId: randomUUID() }],
      [{ action: 'abort', by: 'me', operationId: 7 }],
    ];
    const isHealthy = async (run: WorkflowHandle): Promise<boolean> => {
      const { raw, status } = await run.describe();
      return status.name === 'RUNNING' && (raw.pendingWorkflowTask?.attempt ?? 1) <= 1;
    };

    test('malformed answers, as update or signal, are refused or ignored, and the run goes on', async () => {
      // It stays parked, for the last test.
      const id = parked[0]?.id ?? '';
      installation.proxies.qdrant.shut();
      const before = await parkIdOf(id);
      const run = installation.operator.client.workflow.getHandle(`tenant-${id}`);
      for (const args of MALFORMED) {
        await expect(run.executeUpdate('answer', { args: args as [] })).rejects.toMatchObject({
          cause: { type: expect.stringMatching(/^(answer-invalid|operation-changed)$/) },
        });
        await run.signal('answer', ...args);
      }
      await until('all of them were read', () => isHealthy(run));
      expect(await tenantOf(installation, id)).toMatchObject({ operation: { state: 'parked' } });
      expect(await run.executeUpdate<unknown, [unknown]>('answer', { args: [{ action: 'retry', by: 'me' }] })).toEqual([
        'qdrant.create',
      ]);
      await until('it is parked anew', async () => ![undefined, null, before].includes(await parkIdOf(id)));
      // Given past the API, and in the audit trail all the same; nothing of what was refused is.
      expect(await auditedRows(installation.master, { tenantId: id, channel: 'temporal' })).toMatchObject([
        {
          action: 'answers.retry',
          outcome: 'done',
          actor: 'temporal',
          detail: { steps: ['qdrant.create'], claimedBy: 'me' },
        },
      ]);
    });

    // What is told of who interrupts is decided in workflows/answer-form.
    test.each(INTERRUPTS)(
      'an interrupt by %s rolls the operation back, and its record can be kept',
      async (_what, by) => {
        const id = parkedCreate();
        await installation.operator.client.workflow.getHandle(`tenant-${id}`).signal('interrupt', by);
        expect(await operationEnds(installation, id)).toMatchObject({
          goneAt: expect.any(String),
          operation: { state: 'rolled_back', cause: expect.stringContaining('requested by unknown') },
        });
        expect((await logOf(installation, id)).some((it) => it.step === 'start-rollback')).toBe(true);
      },
    );
  });

  // The last one: it answers whatever is parked.
  test('an answer to all under the same key is the same again', async () => {
    const ids = parked.map(({ id }) => id);
    const key = randomUUID();
    const first = await post('/tenants/retry', { step: 'qdrant.create' }, key);
    expect(
      (first.body['items'] as { id: string; result: string }[])
        .filter((it) => ids.includes(it.id))
        .map((it) => it.result),
    ).toEqual(['retried', 'retried']);
    for (const id of ids) expect(await operationEnds(installation, id)).toMatchObject({ status: 'active' });
    standing.push(...parked);
    expect((await post('/tenants/retry', { step: 'qdrant.create' }, key)).body).toEqual(first.body);
    expect(await post('/tenants/retry', {}, key)).toMatchObject({ status: 422 });
  });
}
