import { Webhook as Verifier } from 'standardwebhooks';
import { bodyOf, headersOf } from './message';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const DELIVERY = {
  id: '9f1c6a3e-0000-4000-8000-000000000001',
  webhookId: '9f1c6a3e-0000-4000-8000-000000000002',
  url: 'https://example.com/hook',
  eventAt: new Date('2026-11-27T06:00:00Z'),
};

test('a ping is an event of its own, and verified by the library of the standard; altered it is not', () => {
  const body = bodyOf(DELIVERY, null);
  expect(JSON.parse(body)).toMatchObject({
    type: 'com.freeflow.webhook.ping',
    source: `/webhooks/${DELIVERY.webhookId}`,
    time: '2026-11-27T06:00:00.000Z',
  });
  const headers = headersOf(DELIVERY.id, body, [SECRET], new Date());
  expect(headers['webhook-id']).toBe(DELIVERY.id);
  expect(new Verifier(SECRET).verify(body, headers)).toEqual(JSON.parse(body));
  expect(() => new Verifier(SECRET).verify(`${body} `, headers)).toThrow(/signature/);
  expect(() => new Verifier(SECRET).verify(body, { ...headers, 'webhook-id': 'other' })).toThrow(/signature/);
});

test('while a secret is replaced both sign: the library of the standard takes either', () => {
  const other = 'whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const headers = headersOf(DELIVERY.id, '{}', [SECRET, other], new Date());
  for (const secret of [SECRET, other]) expect(new Verifier(secret).verify('{}', headers)).toEqual({});
  const foreign = new Verifier('whsec_BfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  expect(() => foreign.verify('{}', headers)).toThrow(/signature/);
});
