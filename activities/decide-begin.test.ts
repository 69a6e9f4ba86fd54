import { OPERATION_KINDS, OPERATIONS, TENANT_STATUSES, type OperationKind } from '@freeflow/contract';
import { decideBegin, type BeginDecision, type BeginFacts } from './decide-begin';
import { INTERRUPTED } from './operation-row';

const NOW = new Date('2026-11-27T12:00:00Z');
const EARLIER = new Date('2026-11-27T11:00:00Z');
const LATER = new Date('2026-11-27T13:00:00Z');

interface Given {
  tenant?: Partial<BeginFacts['tenant']>;
  operation?: Partial<BeginFacts['operation']>;
  more?: Partial<BeginFacts>;
}

const decide = (kind: OperationKind, { tenant, operation, more }: Given = {}) =>
  decideBegin({
    tenant: {
      name: 'acme',
      status: OPERATIONS[kind].from[0],
      goneAt: null,
      purgeAt: null,
      holdUntil: null,
      holdReason: null,
      deletionProtected: false,
      ...tenant,
    },
    operation: {
      kind,
      force: false,
      state: 'requested',
      undoing: false,
      fromStatus: null,
      step: null,
      cause: null,
      advice: null,
      overlapS: null,
      ...operation,
    },
    now: NOW,
    interrupter: undefined,
    statusBeforeDeletion: undefined,
    ...more,
  });

const FORWARD = OPERATION_KINDS.filter((kind) => kind !== 'adopt');
const dueFor = (kind: OperationKind): Partial<BeginFacts['tenant']> => (kind === 'purge' ? { purgeAt: EARLIER } : {});

/** A decision in a line. */
function inShort(decision: BeginDecision): string {
  if (decision.verdict === 'over') return `over: ${decision.reason}`;
  if (decision.verdict === 'refused') return `refused: ${decision.failure.cause.split(';')[0] ?? ''}`;
  return `go from ${decision.from} to ${decision.goal}`;
}

test.each(FORWARD)('%s begins exactly from the statuses of its row in the contract', (kind) => {
  const from: readonly string[] = OPERATIONS[kind].from;
  const [first, ...others] = OPERATIONS[kind].goals as readonly [string, ...string[]];
  // A change of plan leaves it what it is.
  const goalFrom = (status: string) => (kind === 'change_plan' && others.includes(status) ? status : first);
  const expected = TENANT_STATUSES.map((status) =>
    from.includes(status) ? `go from ${status} to ${goalFrom(status)}` : `refused: tenant acme is ${status}`,
  );
  const operation = { force: kind === 'hard_delete' };
  const decisions = TENANT_STATUSES.map((status) => decide(kind, { tenant: { status, ...dueFor(kind) }, operation }));
  expect(decisions.map(inShort)).toEqual(expected);
});

test('of a tenant that is gone a deletion is over, and all else is refused', () => {
  const decisions = FORWARD.map((kind) => `${kind} ${inShort(decide(kind, { tenant: { goneAt: EARLIER } }))}`);
  expect(decisions).toEqual([
    ...['create', 'suspend', 'resume', 'soft_delete', 'restore'].map((kind) => `${kind} refused: tenant acme is gone`),
    ...['hard_delete', 'purge'].map((kind) => `${kind} over: acme is gone already`),
    'upgrade refused: tenant acme is gone',
    'change_plan refused: tenant acme is gone',
    ...['rotate', 'retire'].map((kind) => `${kind} refused: tenant acme is gone`),
  ]);
});

describe('credentials that are still valid beside the last ones', () => {
  const begins = (
    kind: OperationKind,
    stillThere: number,
    overlapS: number | null,
    fromStatus: 'active' | null = null,
  ) =>
    inShort(
      decide(kind, {
        operation: { overlapS, fromStatus },
        more: { credentials: { stillThere, isSomeOverdue: false, isSwitched: false } },
      }),
    );
  const REFUSED = 'refused: old credentials of tenant acme are still valid';

  test('refuse a rotation by which they would get a longer time, or of which each needs a login of its own', () => {
    expect([0, 1, 2].map((stillThere) => begins('rotate', stillThere, 60))).toEqual([
      'go from active to active',
      REFUSED,
      REFUSED,
    ]);
    expect([0, 1, 2].map((stillThere) => begins('rotate', stillThere, 0))).toEqual([
      'go from active to active',
      'go from active to active',
      REFUSED,
    ]);
    // It has made them itself.
    expect(begins('rotate', 2, 0, 'active')).toBe('go from active to active');
  });

  test('are ended once their time is over, and what has begun to end them goes on', () => {
    expect(begins('retire', 1, null)).toBe('over: no credential of acme is to be ended');
    expect(begins('retire', 1, null, 'active')).toBe('go from active to active');
  });
});

test('a hard delete of an active tenant needs force; with it, it interrupts the others', () => {
  const tenant = { status: 'active' } as const;
  expect(decide('hard_delete', { tenant })).toMatchObject({
    verdict: 'refused',
    failure: { cause: 'tenant acme is active, and the deletion is not forced' },
  });
  expect(decide('hard_delete', { tenant, operation: { force: true } })).toEqual({
    verdict: 'go',
    from: 'active',
    goal: 'gone',
    interruptsOthers: true,
  });
  expect(decide('hard_delete', { tenant: { status: 'suspended' } })).toMatchObject({ interruptsOthers: false });
});

describe('a purge', () => {
  const purge = (tenant: Given['tenant'], operation: Given['operation'] = {}) =>
    decide('purge', { tenant: { status: 'deleted', purgeAt: EARLIER, ...tenant }, operation });

  test('begins when it is due', () => {
    expect(purge({})).toMatchObject({ verdict: 'go', goal: 'gone', interruptsOthers: false });
    expect(purge({ purgeAt: NOW })).toMatchObject({ verdict: 'go' });
    expect(purge({ holdUntil: EARLIER })).toMatchObject({ verdict: 'go' });
  });

  test.each([
    ['before its date', { purgeAt: LATER }, 'to be kept until 2026-11-27T13:00:00.000Z'],
    ['without a date', { purgeAt: null }, 'has no purge date'],
    ['while on hold', { holdUntil: LATER }, 'on hold until 2026-11-27T13:00:00.000Z'],
  ])('is refused %s', (_, tenant, cause) => {
    expect(purge(tenant)).toMatchObject({ verdict: 'refused', failure: { cause: expect.stringContaining(cause) } });
  });

  test('that has begun goes on, whatever changes', () => {
    const begun = { fromStatus: 'deleted' } as const;
    expect(purge({ status: 'deleting', purgeAt: null, holdUntil: LATER }, begun)).toMatchObject({
      verdict: 'go',
      from: 'deleted',
    });
  });
});

describe('what was set to keep a tenant since its deletion was accepted', () => {
  const held = { holdUntil: LATER, holdReason: 'case 4711' } as const;
  const begin = (kind: OperationKind, tenant: Given['tenant'], operation: Given['operation'] = {}) =>
    decide(kind, {
      tenant: { ...dueFor(kind), ...(kind === 'purge' ? { status: 'deleted' } : {}), ...tenant },
      operation: { force: true, ...operation },
    });

  test('refuses it before it begins, and names why: a hold what drops data, protection every deletion', () => {
    const refused = (tenant: Given['tenant']) =>
      FORWARD.flatMap((kind) => {
        const decision = begin(kind, tenant);
        return decision.verdict === 'refused' ? [`${kind}: ${decision.failure.cause}`] : [];
      });
    const onHold = 'tenant acme is on hold until 2026-11-27T13:00:00.000Z: case 4711';
    const isProtected = 'tenant acme is protected from deletion';
    expect(refused(held)).toEqual([`hard_delete: ${onHold}`, `purge: ${onHold}`]);
    expect(refused({ deletionProtected: true, ...held })).toEqual(
      ['soft_delete', 'hard_delete', 'purge'].map((kind) => `${kind}: ${isProtected}`),
    );
    expect(refused({ holdUntil: NOW, holdReason: 'over' })).toEqual([]);
  });

  test('does not stop one that has begun: something may be dropped already', () => {
    for (const kind of ['hard_delete', 'purge'] as const)
      expect(
        begin(kind, { ...held, deletionProtected: true, status: 'deleting' }, { fromStatus: 'deleted' }),
      ).toMatchObject({ verdict: 'go', goal: 'gone' });
  });
});

describe('while a forced deletion waits', () => {
  const more = { interrupter: 'hard_delete' } as const;

  test.each(['suspend', 'resume', 'soft_delete', 'restore'] as const)(
    '%s that has touched nothing is refused; one that has begun is rolled back',
    (kind) => {
      expect(decide(kind, { more })).toEqual({ verdict: 'refused', failure: INTERRUPTED });
      const begun = { fromStatus: OPERATIONS[kind].from[0] };
      expect(decide(kind, { operation: begun, more })).toMatchObject({ verdict: 'go', rollbackReason: INTERRUPTED });
    },
  );

  test('a create is rolled back in any case: its name has to be free again', () => {
    expect(decide('create', { more })).toMatchObject({ verdict: 'go', rollbackReason: INTERRUPTED });
  });
});

describe('while a suspension waits', () => {
  const more = { interrupter: 'suspend' } as const;
  const cause = 'a suspend was requested';
  const facts = (isSwitched: boolean) => ({ stillThere: 1, isSomeOverdue: true, isSwitched });

  test('the end of old credentials is left, also one that has begun', () => {
    for (const fromStatus of [null, 'active'] as const)
      expect(
        decide('retire', { operation: { fromStatus }, more: { ...more, credentials: facts(false) } }),
      ).toMatchObject({
        verdict: 'refused',
        failure: { step: 'interrupted', cause },
      });
  });

  test('a rotation that has begun is rolled back, and left once it has handed out its credentials', () => {
    const begun = { fromStatus: 'active', overlapS: 0 } as const;
    expect(decide('rotate', { operation: begun, more: { ...more, credentials: facts(false) } })).toMatchObject({
      verdict: 'go',
      rollbackReason: { cause },
    });
    expect(decide('rotate', { operation: begun, more: { ...more, credentials: facts(true) } })).toMatchObject({
      verdict: 'refused',
    });
  });
});

test('an operation whose last run was terminated during its rollback is rolled back for its own reason, also where a deletion waits', () => {
  const failure = { step: 'qdrant.create', cause: 'it is full', advice: 'Make room.' };
  const undoing = { undoing: true, fromStatus: 'provisioning', state: 'parked', ...failure } as const;
  for (const interrupter of [undefined, 'hard_delete'] as const)
    expect(decide('create', { operation: undoing, more: { interrupter } })).toMatchObject({
      verdict: 'go',
      rollbackReason: failure,
    });
});

test.each([
  ['active', 'active'],
  ['suspended', 'suspended'],
  [undefined, 'active'],
  ['deleted', 'active'],
] as const)('a restore of a tenant that was %s when it was deleted leads to %s', (statusBeforeDeletion, goal) => {
  expect(decide('restore', { more: { statusBeforeDeletion } })).toMatchObject({ verdict: 'go', goal });
});

test('the status before the operation is that of its first run', () => {
  const tenant = { status: 'deleting' } as const;
  expect(decide('hard_delete', { tenant, operation: { fromStatus: 'suspended' } })).toMatchObject({
    from: 'suspended',
  });
});
