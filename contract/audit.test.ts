import { AUDIT_ACTIONS, isAuditAction } from './audit';

test('every action is called by one dotted name, which a filter can be given', () => {
  expect(AUDIT_ACTIONS.filter((it) => !/^[a-z]+\.[a-z]+(-[a-z]+)*$/.test(it))).toEqual([]);
  expect(new Set(AUDIT_ACTIONS).size).toBe(AUDIT_ACTIONS.length);
});

test.each([undefined, null, '', 'tenants', 'constructor', 7])('%p is no action', (name) => {
  expect(isAuditAction(name)).toBe(false);
});
