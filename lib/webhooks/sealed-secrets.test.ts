import { randomBytes } from 'node:crypto';
import { readSecretKeys, sealFor, sealingKeyOf } from '../secrets';
import { openWebhookSecrets, sealWebhookSecrets } from './sealed-secrets';

const keys = readSecretKeys(randomBytes(32).toString('base64'));
const key = sealingKeyOf(keys.current);
const SECRETS = { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', target: '/services/hunter22?token=hunter22' };

test('what is sealed of a webhook opens for that webhook alone', () => {
  const row = { keyId: key.id, sealed: sealWebhookSecrets(key, 'a', SECRETS) };
  expect(openWebhookSecrets(keys, 'a', row)).toEqual(SECRETS);
  expect(() => openWebhookSecrets(keys, 'b', row)).toThrow(expect.objectContaining({ code: 'secret-unreadable' }));
});

test.each(['', 'hunter22', '{}', '{"secret":"hunter22","target":"/"}', '{"secret":"whsec_hunter22"}'])(
  'what was sealed by somebody else, %j, is unreadable, and not quoted',
  (text) => {
    const row = { keyId: key.id, sealed: sealFor(key, text, 'webhook/a') };
    const open = () => openWebhookSecrets(keys, 'a', row);
    expect(open).toThrow(expect.objectContaining({ name: 'SecretError', code: 'secret-unreadable' }));
    expect(open).not.toThrow(/hunter22/);
  },
);
