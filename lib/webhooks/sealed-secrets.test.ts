import { randomBytes } from 'node:crypto';
import { readSecretKeys, sealFor, sealingKeyOf } from '../secrets';
import { openWebhookSecrets, sealWebhookParts, type SealedPart, type SealedRow } from './sealed-secrets';

const keys = readSecretKeys(randomBytes(32).toString('base64'));
const key = sealingKeyOf(keys.current);
const [SECRET, OLDER] = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
const TARGET = '/services/hunter22?token=hunter22';

const row = (part: SealedPart, value: string, id = 'a'): SealedRow => ({
  part,
  keyId: key.id,
  sealed: sealWebhookParts(key, id, { [part]: value }),
});
const given = (part: SealedPart, text: string): SealedRow => ({
  part,
  keyId: key.id,
  sealed: sealFor(key, text, 'webhook/a'),
});
const unreadable = expect.objectContaining({ name: 'SecretError', code: 'secret-unreadable' });

test('what is sealed of a webhook opens for that webhook alone, in the order of its rows', () => {
  const rows = [row('secret', SECRET), row('target', TARGET), row('secret', OLDER)];
  expect(openWebhookSecrets(keys, 'a', rows)).toEqual({ secrets: [SECRET, OLDER], target: TARGET });
  expect(() => openWebhookSecrets(keys, 'b', rows)).toThrow(unreadable);
});

test('both parts may be sealed in one', () => {
  const sealed = sealWebhookParts(key, 'a', { secret: SECRET, target: TARGET });
  const rows = (['secret', 'target'] as const).map((part) => ({ part, keyId: key.id, sealed }));
  expect(openWebhookSecrets(keys, 'a', rows)).toEqual({ secrets: [SECRET], target: TARGET });
});

test('one part is not taken for the other, and none may be missing', () => {
  const moved = { ...row('target', TARGET), part: 'secret' as const };
  for (const rows of [[moved, row('target', TARGET)], [row('secret', SECRET)], [row('target', TARGET)], []])
    expect(() => openWebhookSecrets(keys, 'a', rows)).toThrow(unreadable);
});

test.each(['', 'hunter22', '{}', '{"secret":"hunter22","target":"/"}', '{"secret":1}'])(
  'what was sealed by somebody else, %j, is unreadable, and not quoted',
  (text) => {
    const open = () => openWebhookSecrets(keys, 'a', [given('secret', text), row('target', TARGET)]);
    expect(open).toThrow(unreadable);
    expect(open).not.toThrow(/hunter22/);
  },
);
