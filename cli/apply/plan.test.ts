import type { OperationBody, TenantBody, TenantEntry } from '@freeflow/contract/http';
import { roundsOf, type Work } from './carry-out';
import { planTenants } from './plan';
import { refusePruning } from './plan-pruning';
import { planText } from './plan-text';
import { hasDifferences, isWork } from './planned';

const NOW = new Date('2026-11-28T00:00:00Z');
const operation = (kind: OperationBody['kind'], state: OperationBody['state'] = 'done') =>
  ({
    id: `${kind}-${state}`,
    kind,
    state,
    parked: state === 'parked' ? [{ step: 'qdrant.create', cause: 'Qdrant is away' }] : [],
  }) as unknown as OperationBody;
const tenant = (more: Partial<TenantBody> = {}): TenantBody =>
  ({
    id: 'id',
    name: 'acme',
    status: 'active',
    displayName: null,
    externalId: null,
    labels: {},
    plan: null,
    deletionProtected: false,
    holdUntil: null,
    holdReason: null,
    operation: operation('create'),
    ...more,
  }) as TenantBody;
const planOne = (entry: Partial<TenantEntry>, is?: Partial<TenantBody>) =>
  planTenants([{ name: 'acme', ...entry }], is === undefined ? [] : [tenant(is)], undefined, NOW)[0];
const pruneOf = (is: Partial<TenantBody>, labels: string[] = []) => planTenants([], [tenant(is)], { labels }, NOW)[0];

test('what is not there is created, with all that is said of it', () => {
  expect(planOne({ displayName: 'Acme', labels: { a: 'b' }, suspended: true, deletionProtected: false })).toMatchObject(
    {
      action: 'create',
      changes: [
        { field: 'displayName', from: null, to: 'Acme' },
        { field: 'labels.a', from: null, to: 'b' },
        { field: 'suspended', to: true },
      ],
    },
  );
});

test.each<[what: string, entry: Partial<TenantEntry>, is: Partial<TenantBody>]>([
  ['what is left out', {}, { displayName: 'x', labels: { a: 'b' }, deletionProtected: true, status: 'suspended' }],
  ['what is so', { displayName: 'x', labels: { b: '2', a: '1' } }, { displayName: 'x', labels: { a: '1', b: '2' } }],
  ['no labels', { labels: {} }, {}],
  ['null for nothing', { displayName: null, externalId: null }, {}],
  ['suspended already', { suspended: true }, { status: 'suspended' }],
  ['active already', { suspended: false }, {}],
  ['registered only', { suspended: false }, { operation: null }],
  ['on that plan already', { plan: 'pro' }, { plan: 'pro' }],
  ['on none', { plan: null }, {}],
  ['held, which no change cares about', {}, { holdUntil: '2999-01-01T00:00:00Z' }],
])('unchanged: %s', (_what, entry, is) => {
  expect(planOne(entry, is)).toEqual({ action: 'unchanged', name: 'acme' });
});

test('another plan is a change like any other; while it is being changed it is followed, or left alone', () => {
  expect(planOne({ plan: 'pro' }, { plan: 'free' })).toMatchObject({
    action: 'change',
    changes: [{ field: 'plan', from: 'free', to: 'pro' }],
    patch: { plan: 'pro' },
  });
  const changing = { ...operation('change_plan', 'running'), plan: 'pro' };
  expect(planOne({ plan: 'pro' }, { plan: 'free', operation: changing })).toMatchObject({
    action: 'change',
    changes: [],
    awaits: { kind: 'change_plan' },
  });
  for (const plan of ['free', 'gold', null])
    expect(planOne({ plan }, { plan: 'free', operation: changing })).toMatchObject({
      action: 'blocked',
      code: 'operation-in-progress',
    });
  expect(planOne({ plan: 'pro' }, { operation: operation('suspend', 'running') })).toMatchObject({ action: 'blocked' });
  expect(planOne({ plan: 'pro' }, { status: 'provisioning', operation: operation('create', 'running') })).toMatchObject(
    {
      action: 'change',
      awaits: { kind: 'create' },
    },
  );
});

test('a change is told field by field, and sent as the least that makes it', () => {
  expect(
    planOne(
      { displayName: null, externalId: 'crm', labels: { keep: '1', new: '2' }, deletionProtected: true },
      { displayName: 'Acme', labels: { keep: '1', old: '0' } },
    ),
  ).toMatchObject({
    action: 'change',
    changes: [
      { field: 'displayName', from: 'Acme', to: null },
      { field: 'externalId', from: null, to: 'crm' },
      { field: 'deletionProtected', from: false, to: true },
      { field: 'labels.new', from: null, to: '2' },
      { field: 'labels.old', from: '0', to: null },
    ],
    patch: { displayName: null, externalId: 'crm', deletionProtected: true, labels: { new: '2', old: null } },
  });
});

test('a label called as a property of every object is a label', () => {
  expect(planOne({ labels: { constructor: 'x' } }, {})).toMatchObject({
    patch: { labels: { constructor: 'x' } },
    changes: [{ field: 'labels.constructor', from: null, to: 'x' }],
  });
});

test.each<[what: string, entry: Partial<TenantEntry>, is: Partial<TenantBody>, planned: object]>([
  ['active to suspended', { suspended: true }, {}, { access: 'suspend' }],
  ['suspended to active', { suspended: false }, { status: 'suspended' }, { access: 'resume' }],
  [
    'its create goes on: that is followed',
    {},
    { status: 'provisioning', operation: operation('create', 'running') },
    { awaits: { kind: 'create' }, changes: [] },
  ],
  [
    'its create goes on: that is followed, then it is suspended',
    { suspended: true },
    { status: 'provisioning', operation: operation('create', 'running') },
    { awaits: { kind: 'create' }, access: 'suspend' },
  ],
  [
    'it is being suspended, as is wanted',
    { suspended: true },
    { operation: operation('suspend', 'running') },
    { awaits: { kind: 'suspend' } },
  ],
  [
    'a name beside another operation',
    { displayName: 'Acme' },
    { operation: operation('suspend', 'running') },
    { patch: { displayName: 'Acme' } },
  ],
])('changed: %s', (_what, entry, is, planned) => {
  expect(planOne(entry, is)).toMatchObject({ action: 'change', ...planned });
});

test.each<[what: string, entry: Partial<TenantEntry>, is: Partial<TenantBody>, code: string, said: RegExp]>([
  ['soft-deleted', {}, { status: 'deleted' }, 'soft-deleted', /freeflow tenants restore acme brings it back/],
  [
    'being restored',
    {},
    { status: 'deleted', operation: operation('restore', 'running') },
    'operation-in-progress',
    /its restore is in progress.*tenants watch acme/,
  ],
  [
    'being soft-deleted',
    {},
    { operation: operation('soft_delete', 'running') },
    'operation-in-progress',
    /its soft delete is in progress/,
  ],
  ['half deleted', {}, { status: 'deleting' }, 'being-deleted', /half deleted/],
  ['never completed', {}, { status: 'provisioning' }, 'never-active', /never completed/],
  [
    'its create is parked',
    {},
    { status: 'provisioning', operation: operation('create', 'parked') },
    'parked',
    /create is parked at qdrant\.create: Qdrant is away.*tenants show acme/,
  ],
  [
    'its create is undone',
    {},
    { status: 'provisioning', operation: operation('create', 'undoing') },
    'operation-in-progress',
    /being rolled back/,
  ],
  [
    'just the other way',
    { suspended: false, displayName: 'Acme' },
    { operation: operation('suspend', 'running') },
    'operation-in-progress',
    /its suspend is in progress/,
  ],
  ['registered only', { suspended: true }, { operation: null }, 'registered-only', /--hard --force removes/],
])('left alone, with the reason and the way out: %s', (_what, entry, is, code, said) => {
  const planned = planOne(entry, is);
  expect(planned).toMatchObject({ action: 'blocked', code });
  expect(planned?.action === 'blocked' && `${planned.why} ${planned.advice}`).toMatch(said);
});

describe('pruning', () => {
  test('only what the file does not have, and only with all of the labels', () => {
    const living = [
      tenant({ name: 'globex', labels: { team: 'shop', tier: 'gold' } }),
      tenant({ name: 'acme', labels: { team: 'shop', tier: 'gold' } }),
      tenant({ name: 'hooli', labels: { team: 'shop' } }),
    ];
    const plan = planTenants([{ name: 'acme' }], living, { labels: ['team:shop', 'tier:gold'] }, NOW);
    expect(plan.map(({ name, action }) => [name, action])).toEqual([
      ['acme', 'unchanged'],
      ['globex', 'delete'],
    ]);
  });

  test.each<[string, Partial<TenantBody>, string | undefined]>([
    ['active', {}, 'delete'],
    ['suspended', { status: 'suspended' }, 'delete'],
    ['a hold that is over', { holdUntil: '2026-11-27T00:00:00Z' }, 'delete'],
    ['held', { holdUntil: '2026-11-29T00:00:00Z', holdReason: 'case 4711' }, 'kept'],
    ['protected', { deletionProtected: true }, 'kept'],
    ['registered only', { operation: null }, 'kept'],
    ['being created', { status: 'provisioning', operation: operation('create', 'running') }, 'blocked'],
    ['soft-deleted already', { status: 'deleted' }, undefined],
    ['being soft-deleted', { operation: operation('soft_delete', 'running') }, undefined],
  ])('%s', (_what, is, action) => {
    expect(pruneOf(is)?.action).toBe(action);
  });

  test('without --prune nothing that the file does not have is touched', () => {
    expect(planTenants([], [tenant()], undefined, NOW)).toEqual([]);
  });

  test.each<[deletions: number, prunable: number, isEmpty: boolean, limit: number | undefined, refused: boolean]>([
    [0, 0, true, undefined, false],
    [1, 5, false, undefined, false],
    [2, 19, false, undefined, true],
    [2, 20, false, undefined, false],
    [1, 1, false, undefined, true],
    [1, 30, true, undefined, true],
    [30, 30, true, 30, false],
    [30, 30, true, 29, true],
    [1, 30, false, 0, true],
  ])('%i of %i, empty %s, --prune-limit %s: refused %s', (deletions, prunable, isEmpty, limit, refused) => {
    expect(refusePruning({ deletions, prunable, isEmpty }, limit) !== undefined).toBe(refused);
  });
});

test('the plan is shown: each by its sign, the sum at the end; what is kept is no difference', () => {
  const living = [
    tenant({ name: 'globex', displayName: 'Globex' }),
    tenant({ name: 'hooli', status: 'deleted' }),
    tenant({ name: 'umbrella', deletionProtected: true }),
    tenant({ name: 'stark' }),
    tenant({ name: 'same' }),
  ];
  const entries = [
    { name: 'acme', labels: { tier: 'gold' } },
    { name: 'globex', displayName: 'Globex Inc.' },
    { name: 'hooli' },
    { name: 'same' },
  ];
  const plan = planTenants(entries, living, { labels: [] }, NOW);
  expect(planText(plan, 'pnpm freeflow')).toBe(`+ acme  create
    labels.tier: "gold"
~ globex  change
    displayName: "Globex" → "Globex Inc."
! hooli  left alone: the tenant is soft-deleted
    pnpm freeflow tenants restore hooli brings it back until it is purged; pnpm freeflow tenants delete hooli --hard drops its data for good.
- stark  soft-delete: not in the file; access is cut, data kept until purged
= umbrella  not in the file, and kept: protected from deletion

Plan: 1 to create, 1 to change, 1 to soft-delete, 1 left alone, 2 unchanged.`);
  expect(hasDifferences(plan)).toBe(true);
  expect(hasDifferences(plan.filter(({ action }) => action === 'kept' || action === 'unchanged'))).toBe(false);
});

test('an external id that moves is given up before it is taken', () => {
  const living = [tenant({ name: 'globex', externalId: 'crm' }), tenant({ name: 'stark' })];
  const entries = [
    { name: 'acme', externalId: 'crm' },
    { name: 'globex', externalId: null },
    { name: 'stark', externalId: 'other' },
  ];
  const work: Work[] = planTenants(entries, living, undefined, NOW).filter(isWork);
  expect(roundsOf(work).map((round) => round.map(({ name }) => name))).toEqual([['globex', 'stark'], ['acme']]);
});

test('what is pruned is a round of its own, after all others', () => {
  const living = [tenant({ name: 'globex' }), tenant({ name: 'stark' })];
  const work: Work[] = planTenants([{ name: 'acme' }], living, { labels: [] }, NOW).filter(isWork);
  expect(roundsOf(work).map((round) => round.map(({ name }) => name))).toEqual([['acme'], ['globex', 'stark']]);
});

describe('an external id of a tenant that the file does not have', () => {
  const living = [tenant({ name: 'acme', externalId: 'crm' }), tenant({ name: 'stark' })];
  const takers: [string, TenantEntry[]][] = [
    ['created', [{ name: 'acme2', externalId: 'crm' }]],
    ['changed', [{ name: 'stark', externalId: 'crm' }]],
  ];
  test.each(takers)('is told before one is %s by it; who has it is not pruned', (_how, entries) => {
    const plan = planTenants(entries, living, { labels: [] }, NOW);
    const [taker, ...others] = plan;
    expect(taker).toMatchObject({
      action: 'blocked',
      code: 'external-id-taken',
      why: 'its externalId is still that of acme',
      advice: 'Have it given up first: freeflow tenants update acme --no-external-id',
    });
    expect(others[0]).toMatchObject({
      action: 'blocked',
      name: 'acme',
      why: expect.stringContaining('not in the file'),
    });
    expect(others.slice(1).map(({ name, action }) => [name, action])).toEqual(
      entries[0]?.name === 'stark' ? [] : [['stark', 'delete']],
    );
  });

  test('is told as well where that one is soft-deleted, or kept', () => {
    for (const is of [{ status: 'deleted' }, { deletionProtected: true }] as const) {
      const holder = tenant({ name: 'acme', externalId: 'crm', ...is });
      const plan = planTenants([{ name: 'acme2', externalId: 'crm' }], [holder], { labels: [] }, NOW);
      expect(plan[0]).toMatchObject({ action: 'blocked', code: 'external-id-taken' });
      expect(plan.some(({ action }) => action === 'delete')).toBe(false);
    }
  });
});
