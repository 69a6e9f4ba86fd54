import { assertUnchanged, etagOf, type Identity } from './etag';

const ACME: Identity = {
  displayName: 'Acme',
  externalId: 'crm-7',
  labels: { tier: 'gold', region: 'eu' },
  plan: null,
  deletionProtected: false,
  holdUntil: null,
  holdReason: null,
};

test('each of what PATCH and hold change makes another ETag; the order of labels does not', () => {
  const changes: Partial<Identity>[] = [
    {},
    { displayName: null },
    { externalId: 'crm-8' },
    { labels: { tier: 'gold' } },
    { plan: 'pro' },
    { deletionProtected: true },
    { holdUntil: '2027-01-01T00:00:00.000Z' },
    { holdReason: 'a lawsuit' },
  ];
  const etags = changes.map((it) => etagOf({ ...ACME, ...it }));
  expect(new Set(etags).size).toBe(changes.length);
  expect(etagOf({ ...ACME, labels: { region: 'eu', tier: 'gold' } })).toBe(etags[0]);
  expect(etags[0]).toMatch(/^"[\w-]{22}"$/);
});

test('an unnamed, the present or any ETag lets a change through; another one, or a weak one, does not', () => {
  const present = etagOf(ACME);
  for (const ifMatch of [undefined, '*', present, `"other", ${present}`]) assertUnchanged(ACME, ifMatch);
  for (const ifMatch of ['"other"', `W/${present}`, '""'])
    expect(() => {
      assertUnchanged(ACME, ifMatch);
    }).toThrow(expect.objectContaining({ code: 'precondition-failed' }));
});
