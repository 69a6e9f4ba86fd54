import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  decide,
  OPERATION_KINDS,
  OPERATION_REQUESTS,
  TENANT_REQUEST_NAMES,
  TENANT_SITUATIONS,
  type OperationKind,
  type TenantRequestName,
  type TenantSituation,
  PROBLEMS,
  type ProblemCode,
} from '@freeflow/contract';
import { examplePlans } from '../stack/app/parts';
import { projectRoot } from '../stack/project';
import { newName } from '../test/support/activity-harness';
import { openApiBench, type ApiBench } from '../test/support/api-bench';
import { lifecyclePage } from './tenants/lifecycle-page';

const KINDS = OPERATION_KINDS.filter((kind) => kind !== 'adopt');
/** Bodies that a request needs. */
const BODIES: Partial<Record<TenantRequestName, object>> = {
  adopt: { backend: 'postgres' },
  change_plan: { plan: 'free' },
};

let harness: ApiBench;
beforeAll(async () => {
  harness = await openApiBench({ PLANS_FILE: examplePlans() });
});
afterAll(() => harness.close());

/** A tenant as it would stand there; here is no worker that would change it. */
async function tenantIn(situation: TenantSituation, inProgress?: OperationKind): Promise<string> {
  const [id, name] = [randomUUID(), newName()];
  const status = situation === 'gone' ? 'deleted' : situation === 'registered' ? 'active' : situation;
  await harness.owner.query(
    'INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection", status, "goneAt") VALUES ($1, $2, $2, $2, $2, $2, $3, $4)',
    [id, name, status, situation === 'gone' ? new Date() : null],
  );
  const operation = (kind: string, state: string, endedAt: Date | null) =>
    harness.owner.query(
      'INSERT INTO "TenantOperation" (id, "tenantId", kind, state, "requestedBy", "endedAt", "overlapS") VALUES ($1, $2, $3, $4, \'test\', $5, $6)',
      [randomUUID(), id, kind, state, endedAt, kind === 'rotate' ? 60 : null],
    );
  if (situation !== 'registered') await operation('create', 'done', new Date(Date.now() - 1000));
  if (inProgress !== undefined) await operation(inProgress, 'running', null);
  return id;
}

const operationsOf = async (id: string) =>
  (
    await harness.owner.query<{ kind: string; state: string }>(
      'SELECT kind, state FROM "TenantOperation" WHERE "tenantId" = $1 AND "requestedBy" <> \'test\'',
      [id],
    )
  ).rows;

const cells: [TenantRequestName, TenantSituation, OperationKind | undefined][] = [
  ...TENANT_REQUEST_NAMES.flatMap((name) =>
    TENANT_SITUATIONS.map(
      (situation) => [name, situation, undefined] as [TenantRequestName, TenantSituation, undefined],
    ),
  ),
  ...TENANT_REQUEST_NAMES.flatMap((name) =>
    KINDS.map(
      (kind) =>
        [name, kind === 'create' ? 'provisioning' : 'active', kind] as [
          TenantRequestName,
          TenantSituation,
          OperationKind,
        ],
    ),
  ),
];

test.each(cells)('%s of a tenant that is %s, with %s in progress', async (name, situation, inProgress) => {
  const id = await tenantIn(situation, inProgress);
  const { method, path: route, query, kind } = OPERATION_REQUESTS[name];
  const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
  const answer = await harness.request(method, `${route.replace(':id', id)}${search}`, { body: BODIES[name] });
  const decision = decide(name, situation, inProgress);
  const isOk = decision === 'accept' || decision === 'nothing';
  expect({ status: answer.status, code: answer.body.code }).toEqual(
    isOk ? { status: 202, code: undefined } : { status: PROBLEMS[decision as ProblemCode].status, code: decision },
  );
  // Nothing to do is recorded too: as done, at once.
  expect(await operationsOf(id)).toEqual(isOk ? [{ kind, state: decision === 'accept' ? 'requested' : 'done' }] : []);
});

test('the page of the life cycle says what the table says', () => {
  const file = path.join(projectRoot(), 'docs', 'reports', 'lifecycle.md');
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, lifecyclePage());
  expect(readFileSync(file, 'utf8')).toBe(lifecyclePage());
});

test('the same Idempotency-Key does it once, also when it was undone since', async () => {
  const id = await tenantIn('active');
  const headers = { 'idempotency-key': randomUUID() };
  const first = await harness.request('POST', `/tenants/${id}/suspend`, { headers });
  await harness.owner.query('UPDATE "TenantOperation" SET state = \'done\', "endedAt" = now() WHERE "tenantId" = $1', [
    id,
  ]);
  const second = await harness.request('POST', `/tenants/${id}/suspend`, { headers });
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(await operationsOf(id)).toEqual([{ kind: 'suspend', state: 'done' }]);
  expect((await harness.request('POST', `/tenants/${id}/resume`, { headers })).body.code).toBe(
    'idempotency-key-reused',
  );
});

test('a body with something in it is refused, and points at it', async () => {
  const id = await tenantIn('active');
  expect(await harness.request('POST', `/tenants/${id}/suspend`, { body: { reason: 'unpaid' } })).toMatchObject({
    status: 400,
    body: { code: 'body-invalid', errors: [{ pointer: '/reason' }] },
  });
});
