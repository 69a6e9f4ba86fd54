import { OPERATION_KINDS } from './operations/kinds';
import { canBeForbidden, findProtection } from './protection';

const NOW = new Date('2026-11-28T12:00:00Z');
const LATER = new Date('2026-11-28T12:00:01Z');
const forbidden = (protection: { deletionProtected: boolean; holdUntil: Date | null }) =>
  OPERATION_KINDS.flatMap((kind) => {
    const by = findProtection(kind, protection, NOW);
    return by === undefined ? [] : [`${kind}: ${by}`];
  });

test('protection forbids every deletion, a hold those that drop data, and neither anything else', () => {
  expect(forbidden({ deletionProtected: false, holdUntil: null })).toEqual([]);
  expect(forbidden({ deletionProtected: false, holdUntil: LATER })).toEqual(['hard_delete: on-hold', 'purge: on-hold']);
  const all = ['soft_delete', 'hard_delete', 'purge'];
  const byProtection = all.map((kind) => `${kind}: deletion-protected`);
  expect(forbidden({ deletionProtected: true, holdUntil: null })).toEqual(byProtection);
  expect(forbidden({ deletionProtected: true, holdUntil: LATER })).toEqual(byProtection);
  expect(OPERATION_KINDS.filter(canBeForbidden)).toEqual(all);
});

test('a hold has ended at its very moment', () => {
  expect(forbidden({ deletionProtected: false, holdUntil: NOW })).toEqual([]);
});
