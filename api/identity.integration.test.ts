import { randomUUID } from 'node:crypto';
import { newName } from '../test/support/activity-harness';
import { openApiBench, type ApiBench } from '../test/support/api-bench';

interface Page {
  items: { id: string }[];
  nextCursor: string | null;
}

let harness: ApiBench;

beforeAll(async () => {
  harness = await openApiBench();
});
afterAll(() => harness.close());

const create = (body: object, headers: Record<string, string> = {}) =>
  harness.request('POST', '/tenants', { body: { name: newName(), ...body }, headers });
const created = async (body: object = {}) => String((await create(body)).body.id);
const patch = (id: string, body: unknown, ifMatch?: string) =>
  harness.request('PATCH', `/tenants/${id}`, { body, headers: ifMatch === undefined ? {} : { 'if-match': ifMatch } });
const get = (id: string) => harness.request('GET', `/tenants/${id}`);
const etagOf = async (id: string) => (await get(id)).headers.get('etag') ?? '';
const setGone = (id: string) =>
  harness.owner.query(`UPDATE "Tenant" SET "goneAt" = now(), status = 'deleted' WHERE id = $1`, [id]);
const NOTHING = {
  displayName: null,
  externalId: null,
  labels: {},
  deletionProtected: false,
  holdUntil: null,
  holdReason: null,
};
const ALL = {
  displayName: 'Acme 株式会社',
  externalId: 'crm:4711/a',
  labels: { tier: 'gold', 'example.com/cost-centre': '42', empty: '' },
  deletionProtected: true,
};

describe('POST /tenants', () => {
  test('takes what a tenant is called, its labels and its protection, and shows them', async () => {
    const { status, body } = await create(ALL);
    expect({ status, body }).toMatchObject({ status: 202, body: ALL });
    expect((await get(String(body.id))).body).toMatchObject({ ...ALL, holdUntil: null, holdReason: null });
    await setGone(String(body.id));
  });

  test('without them, or with null, a tenant has none; one of the same name has none of the old one', async () => {
    const name = newName();
    const first = await create({ name, ...ALL, externalId: 'crm-old' });
    await setGone(String(first.body.id));
    expect(await create({ name })).toMatchObject({ status: 202, body: { name, ...NOTHING } });
    expect(await create({ displayName: null, externalId: null })).toMatchObject({ status: 202, body: NOTHING });
    expect((await get(String(first.body.id))).body).toMatchObject({ labels: ALL.labels, externalId: 'crm-old' });
  });

  test('an Idempotency-Key stands for all of the body; the order of labels, and what is none, mean nothing', async () => {
    const [name, headers] = [newName(), { 'idempotency-key': randomUUID() }];
    const first = await create({ name, labels: { a: '1', b: '2' } }, headers);
    for (const same of [
      { labels: { b: '2', a: '1' } },
      { labels: { a: '1', b: '2' }, displayName: null, deletionProtected: false },
    ])
      expect(await create({ name, ...same }, headers)).toMatchObject({ status: 202, body: { id: first.body.id } });
    for (const other of [
      {},
      { labels: { a: '1' } },
      { labels: { a: '1', b: '2' }, externalId: 'x' },
      { labels: { a: '1', b: '2' }, displayName: 'x' },
      { labels: { a: '1', b: '2' }, deletionProtected: true },
    ])
      expect(await create({ name, ...other }, headers)).toMatchObject({ status: 422 });
  });
});

describe('what does not fit is refused with a pointer, and changes nothing', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'v']));
  const cases: [string, object, string, RegExp][] = [
    ['a blank display name', { displayName: '  ' }, '/displayName', /blank/],
    ['an empty display name', { displayName: '' }, '/displayName', /1 to 200/],
    ['a display name of 201 characters', { displayName: 'x'.repeat(201) }, '/displayName', /1 to 200/],
    ['a display name with a line end', { displayName: 'a\nb' }, '/displayName', /control/],
    ['a display name that turns its direction', { displayName: 'a\u202eb' }, '/displayName', /invisible/],
    ['a display name with what nobody sees', { displayName: 'a\u{e0041}b' }, '/displayName', /invisible/],
    ['a label that turns its direction', { labels: { tier: '\u2066x' } }, '/labels/tier', /invisible/],
    ['an external id with a blank', { externalId: 'a b' }, '/externalId', /visible ASCII/],
    ['an empty external id', { externalId: '' }, '/externalId', /visible ASCII/],
    ['an external id that is a number', { externalId: 4711 }, '/externalId', /must be a string/],
    ['labels in a list', { labels: ['tier'] }, '/labels', /must be an object/],
    ['a label that is a number', { labels: { tier: 1 } }, '/labels/tier', /must be a string/],
    ['a label of 101 characters', { labels: { tier: 'x'.repeat(101) } }, '/labels/tier', /0 to 100/],
    ['a key with a colon', { labels: { 'a:b': 'x' } }, '/labels/a:b', /letters, digits/],
    ['a key of 64 characters', { labels: { ['k'.repeat(64)]: 'x' } }, `/labels/${'k'.repeat(64)}`, /1 to 63/],
    ['a key that ends with a slash', { labels: { 'a/': 'x' } }, '/labels/a~1', /end with a letter/],
    ['33 labels', { labels: many(33) }, '/labels', /32 labels at most/],
    ['protection that is no boolean', { deletionProtected: 'yes' }, '/deletionProtected', /true or false/],
    ['protection that is null', { deletionProtected: null }, '/deletionProtected', /true or false/],
  ];
  let id: string;
  beforeAll(async () => (id = await created({ labels: { tier: 'gold' } })));

  test.each(cases)('%s', async (_what, body, pointer, detail) => {
    const refused = { code: 'body-invalid', errors: [{ pointer, detail: expect.stringMatching(detail) }] };
    expect(await create(body)).toMatchObject({ status: 400, body: refused });
    expect(await patch(id, body)).toMatchObject({ status: 400, body: refused });
    expect((await get(id)).body).toMatchObject({ ...NOTHING, labels: { tier: 'gold' } });
  });

  test('a patch that is none, names an unknown field, or what it may not change', async () => {
    expect(await harness.request('PATCH', `/tenants/${id}`)).toMatchObject({ status: 400 });
    for (const field of ['name', 'status', 'holdUntil', 'goneAt', 'nmae'])
      expect(await patch(id, { [field]: 'x' })).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: `/${field}` }] },
      });
  });

  test('more labels than there may be once a patch is merged', async () => {
    const full = await created({ labels: many(32) });
    expect(await patch(full, { labels: { more: 'x' } })).toMatchObject({
      status: 400,
      body: { code: 'body-invalid', errors: [{ pointer: '/labels', detail: 'must be 32 labels at most' }] },
    });
    expect(await patch(full, { labels: { more: 'x', k0: null } })).toMatchObject({ status: 200 });
  });
});

describe('PATCH /tenants/{id}', () => {
  test('what is left out stays, null clears, labels are merged: a JSON Merge Patch, by either media type', async () => {
    const id = await created({ ...ALL, externalId: 'crm-1' });
    const steps: [object, object][] = [
      [{}, { ...ALL, externalId: 'crm-1' }],
      [{ displayName: 'Acme Inc.' }, { ...ALL, displayName: 'Acme Inc.', externalId: 'crm-1' }],
      [
        { externalId: null, labels: { tier: 'silver', empty: null, never: null } },
        {
          displayName: 'Acme Inc.',
          labels: { tier: 'silver', 'example.com/cost-centre': '42' },
          deletionProtected: true,
        },
      ],
      [
        { labels: {}, deletionProtected: false },
        { displayName: 'Acme Inc.', labels: { tier: 'silver', 'example.com/cost-centre': '42' } },
      ],
      [{ labels: null, displayName: null }, NOTHING],
    ];
    for (const [body, expected] of steps) {
      const answer = await harness.request('PATCH', `/tenants/${id}`, {
        raw: JSON.stringify(body),
        headers: { 'content-type': 'application/merge-patch+json' },
      });
      expect(answer.status).toBe(200);
      for (const { body: shown } of [answer, await get(id)])
        expect(shown).toEqual(expect.objectContaining({ ...NOTHING, ...expected }));
    }
  });

  test('what stays as it is does not count as a change', async () => {
    const id = await created({ ...ALL, externalId: 'crm-2' });
    const { updatedAt } = (await get(id)).body;
    const same = { ...ALL, externalId: 'crm-2', labels: { tier: 'gold' } };
    expect(await patch(id, same)).toMatchObject({ status: 200, body: { updatedAt } });
    expect((await patch(id, { displayName: 'x' })).body['updatedAt']).not.toBe(updatedAt);
  });

  test('an external id that a living tenant has is refused, by POST and PATCH; that of one that is gone is free', async () => {
    const [first, second] = [await created({ externalId: 'crm-3' }), await created()];
    const taken = {
      status: 409,
      body: { code: 'external-id-taken', errors: [{ pointer: '/externalId', detail: 'is taken' }] },
    };
    expect(await create({ externalId: 'crm-3' })).toMatchObject(taken);
    expect(await patch(second, { externalId: 'crm-3', displayName: 'x' })).toMatchObject(taken);
    expect((await get(second)).body).toMatchObject(NOTHING);
    expect(await patch(first, { externalId: 'crm-3' })).toMatchObject({ status: 200 });
    await setGone(first);
    expect(await patch(second, { externalId: 'crm-3' })).toMatchObject({ status: 200 });
  });

  test('a name that is taken is reported as that, with an external id as well', async () => {
    const { body } = await create({ externalId: 'crm-4' });
    expect(await create({ name: String(body['name']), externalId: 'crm-5' })).toMatchObject({
      status: 409,
      body: { code: 'tenant-name-taken' },
    });
  });

  test('of twenty that claim one external id at once, one gets it', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => created()));
    const answers = await Promise.all([
      ...ids.map((id) => patch(id, { externalId: 'crm-6' })),
      ...ids.map(() => create({ externalId: 'crm-6' })),
    ]);
    const won = answers.filter(({ status }) => status < 300);
    expect(won).toHaveLength(1);
    expect(new Set(answers.filter((it) => it !== won[0]).map(({ body }) => body.code))).toEqual(
      new Set(['external-id-taken']),
    );
  });

  test.each(['active', 'suspended', 'deleted', 'deleting', 'provisioning'])(
    'a tenant that is %s can be called otherwise; so can one that is registered only',
    async (status) => {
      const [id, registered] = [await created(), randomUUID()];
      await harness.owner.query('UPDATE "Tenant" SET status = $2::"TenantStatus" WHERE id = $1', [id, status]);
      await harness.owner.query(
        'INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection", status) VALUES ($1, $2, $2, $2, $2, $2, $3)',
        [registered, newName(), 'active'],
      );
      for (const it of [id, registered])
        expect(await patch(it, { displayName: status })).toMatchObject({ status: 200, body: { displayName: status } });
    },
  );

  test('one that is gone, or never was, is unknown', async () => {
    const id = await created();
    await setGone(id);
    for (const it of [id, randomUUID()]) {
      expect(await patch(it, { displayName: 'x' })).toMatchObject({ status: 404, body: { code: 'tenant-unknown' } });
      const hold = { until: '2999-01-01T00:00:00Z', reason: 'case 4711' };
      expect(await harness.request('PUT', `/tenants/${it}/hold`, { body: hold })).toMatchObject({ status: 404 });
      expect(await harness.request('DELETE', `/tenants/${it}/hold`)).toMatchObject({ status: 404 });
    }
  });
});

describe('If-Match', () => {
  test('the ETag of an answer stands for what was set: a change through another one is refused, and changes nothing', async () => {
    const id = await created();
    const first = await etagOf(id);
    const changed = await patch(id, { displayName: 'one' }, first);
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).toBe(await etagOf(id));
    expect(await patch(id, { displayName: 'two' }, first)).toMatchObject({
      status: 412,
      body: { code: 'precondition-failed' },
    });
    expect((await get(id)).body).toMatchObject({ displayName: 'one' });
    expect(await patch(id, { displayName: 'three' })).toMatchObject({ status: 200 });
    expect(await patch(id, { displayName: 'four' }, `"x", ${await etagOf(id)}`)).toMatchObject({ status: 200 });
    expect(await patch(id, { displayName: 'five' }, '*')).toMatchObject({ status: 200 });
  });

  test('an operation that goes on meanwhile refuses nobody', async () => {
    const id = await created();
    const etag = await etagOf(id);
    await harness.owner.query(`UPDATE "Tenant" SET status = 'active', "logSeq" = "logSeq" + 1 WHERE id = $1`, [id]);
    await harness.owner.query(`UPDATE "TenantOperation" SET state = 'done', "endedAt" = now() WHERE "tenantId" = $1`, [
      id,
    ]);
    expect(await patch(id, { displayName: 'x' }, etag)).toMatchObject({ status: 200 });
  });

  test('of twenty that have read the same, one wins', async () => {
    const id = await created();
    const etag = await etagOf(id);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => patch(id, { displayName: `admin ${at}` }, etag)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((it) => it !== 412)).toEqual([200]);
    expect((await get(id)).body).toMatchObject({
      displayName: answers.find(({ status }) => status === 200)?.body['displayName'],
    });
  });

  test('without it, changes of different fields and labels at once are all kept', async () => {
    const id = await created();
    const bodies = [
      { displayName: 'x' },
      { externalId: 'crm-7' },
      { deletionProtected: true },
      ...Array.from({ length: 10 }, (_, at) => ({ labels: { [`k${at}`]: String(at) } })),
    ];
    expect(new Set((await Promise.all(bodies.map((it) => patch(id, it)))).map(({ status }) => status))).toEqual(
      new Set([200]),
    );
    const { body } = await get(id);
    expect(body).toMatchObject({ displayName: 'x', externalId: 'crm-7', deletionProtected: true });
    expect(Object.keys(body['labels'] as object)).toHaveLength(10);
  });

  test.each(['abc', '"a', 'W/', '"a" "b"', ''])('one that is none is refused: %j', async (ifMatch) => {
    expect(await patch(await created(), {}, ifMatch)).toMatchObject({
      status: 400,
      body: { code: 'request-invalid', errors: [{ header: 'if-match' }] },
    });
  });
});

describe('GET /tenants', () => {
  const list = async (query: string) =>
    ((await harness.request('GET', `/tenants?${query}`)).body['items'] as { id: string }[]).map(({ id }) => id);

  test('selects by labels, all of them, together with the other filters and from page to page', async () => {
    const [run, ids] = [newName(), [] as string[]];
    for (let at = 0; at < 7; at++)
      ids.unshift(await created({ labels: { run, parity: at % 2 === 0 ? 'even' : 'odd', 'a.b': 'x:y' } }));
    expect(await list(`label=run:${run}`)).toEqual(ids);
    const even = ids.filter((_, at) => at % 2 === 0);
    expect(await list(`label=run:${run}&label=parity:even`)).toEqual(even);
    expect(await list(`label=a.b:x:y&label=run:${run}&limit=200`)).toEqual(ids);
    expect(await list(`label=run:${run}&label=parity:even&label=parity:odd`)).toEqual([]);
    expect(await list(`label=run:${run.slice(1)}`)).toEqual([]);
    expect(await list(`label=${run}:run`)).toEqual([]);

    await harness.owner.query(`UPDATE "Tenant" SET status = 'suspended' WHERE id = ANY($1)`, [even.slice(1)]);
    expect(await list(`label=run:${run}&status=suspended`)).toEqual(even.slice(1));
    expect(await list(`label=run:${run}&operation=requested&label=parity:odd`)).toEqual(
      ids.filter((_, at) => at % 2 === 1),
    );

    const pages: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const path = `/tenants?label=run:${run}&label=parity:even&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const { items, nextCursor } = (await harness.request('GET', path)).body as unknown as Page;
      pages.push(...items.map(({ id }) => id));
      cursor = nextCursor;
    }
    expect(pages).toEqual(even);

    await setGone(ids[0] ?? '');
    expect(await list(`label=run:${run}`)).toEqual(ids.slice(1));
    expect(await list(`label=run:${run}&gone=true`)).toEqual(ids);
  });

  test('finds a tenant by its external id, letter by letter; those that are gone on request', async () => {
    const [gone, living] = [await created({ externalId: 'Crm-8' }), await created({ externalId: 'crm-8' })];
    await setGone(gone);
    const again = await created({ externalId: 'Crm-8' });
    expect(await list('externalId=crm-8')).toEqual([living]);
    expect(await list('externalId=Crm-8')).toEqual([again]);
    expect(await list('externalId=Crm-8&gone=true')).toEqual([again, gone]);
    expect(await list('externalId=crm')).toEqual([]);
    expect(await list('externalId=crm-8&status=active')).toEqual([]);
  });

  test.each(['label=tier', 'label=', 'label=:x', 'label=a%20b:x', `label=a:${'x'.repeat(101)}`, 'label=a:b&label=c'])(
    'a label is key:value: %s',
    async (query) => {
      expect(await harness.request('GET', `/tenants?${query}`)).toMatchObject({
        status: 400,
        body: {
          code: 'request-invalid',
          errors: [{ parameter: 'label', detail: expect.stringContaining('key:value') }],
        },
      });
    },
  );
});
