import { auditPackages } from './audit';

test('an audit without a finding lets a release be made', () => {
  expect(() => auditPackages(() => ({ status: 0, output: '' }))).not.toThrow();
});

test('a finding stops it, and so does a registry that answers none', () => {
  const found = { status: 1, output: '1 vulnerabilities found\nSeverity: 1 high\n' };
  expect(() => auditPackages(() => found)).toThrow(/found weaknesses.*\n1 vulnerabilities found/);
  const refused = { status: 1, output: 'Error: ERR_PNPM_AUDIT_BAD_RESPONSE\n  responded with 405\n' };
  expect(() => auditPackages(() => refused)).toThrow(/answers no audit.*\n.*BAD_RESPONSE/);
});
