import { SEARCH_ATTRIBUTES } from '@freeflow/contract';
import { leftToDo, reportOf, type TemporalSetUp } from './report';

const [attribute] = Object.values(SEARCH_ATTRIBUTES);
const setUp: TemporalSetUp = {
  address: 'temporal.example:7233',
  name: 'freeflow',
  namespace: { did: 'nothing', retentionMs: 86_400_000 },
  wantedRetentionMs: undefined,
  attributes: { there: [], added: [], missing: [], ofOtherType: attribute === undefined ? [] : [attribute] },
};

test('an attribute of another type is left to do, and is not called a matter of rights', () => {
  expect(leftToDo(setUp)).toEqual([expect.stringContaining('is not of the type')]);
  expect(reportOf(setUp)).toContain('is not of the type');
  expect(reportOf(setUp)).not.toContain('does not let this login');
});

test('a namespace that the login may not even see is left to who may', () => {
  const unseen: TemporalSetUp = { ...setUp, namespace: { did: 'may-not-create' }, attributes: undefined };
  expect(reportOf(unseen)).toMatch(/not ours to see[^]*does not let this login[^]*tcld namespace create/);
});
