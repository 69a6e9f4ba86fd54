import { BackendFault } from './failures';
import { KEYCLOAK_REFUSAL } from './keycloak/probe';
import { MONGODB_REFUSAL } from './mongodb/probe';
import { POSTGRES_REFUSAL } from './postgres/probe';
import { QDRANT_REFUSAL } from './qdrant/probe';
import { expectRefusal, type RefusalRule } from './refusal';

const RULES = { POSTGRES_REFUSAL, MONGODB_REFUSAL, QDRANT_REFUSAL, KEYCLOAK_REFUSAL };

const sqlState = (code: string) => Object.assign(new Error('the server says no'), { code });
const mongo = (code: number) => Object.assign(new Error('the server says no'), { code });
const http = (status: number) => Object.assign(new Error('the server says no'), { status });
const cut = () => Object.assign(new Error('the connection was cut'), { code: 'ECONNRESET' });

const endOf = (rule: RefusalRule, error: Error): Promise<string> =>
  expectRefusal(rule, 'reading', () => Promise.reject(error)).then(
    () => 'refused',
    (fault: unknown) => (fault instanceof BackendFault ? fault.type : 'passed on'),
  );

test.each(Object.entries(RULES))('%s: a call that succeeds is a leak, whatever it was', async (_name, rule) => {
  await expect(expectRefusal(rule, 'reading', async () => 'read')).rejects.toMatchObject({
    type: 'probe-leak',
    message: `${rule.server}: reading as the tenant was not refused`,
  });
});

test.each(Object.entries(RULES))('%s: a connection that was cut is no answer', async (_name, rule) => {
  expect(await endOf(rule, cut())).toBe('unreachable');
});

test.each<[keyof typeof RULES, string, Error, string]>([
  ['POSTGRES_REFUSAL', 'no right', sqlState('42501'), 'refused'],
  ['POSTGRES_REFUSAL', 'no such database', sqlState('3D000'), 'probe-refused'],
  ['POSTGRES_REFUSAL', 'no such table', sqlState('42P01'), 'probe-refused'],
  ['POSTGRES_REFUSAL', 'it shuts down', sqlState('57P01'), 'unreachable'],
  ['POSTGRES_REFUSAL', 'it is full', sqlState('53200'), 'overloaded'],
  ['POSTGRES_REFUSAL', 'another session holds a lock', sqlState('55P03'), 'blocked'],
  ['MONGODB_REFUSAL', 'no right', mongo(13), 'refused'],
  ['MONGODB_REFUSAL', 'no such namespace', mongo(26), 'probe-leak'],
  ['MONGODB_REFUSAL', 'no such role', mongo(31), 'probe-leak'],
  ['MONGODB_REFUSAL', 'an unknown end of the driver', new Error('who knows'), 'passed on'],
  ['MONGODB_REFUSAL', 'it shuts down', mongo(11600), 'unreachable'],
  ['MONGODB_REFUSAL', 'it is no primary any more', mongo(10107), 'unreachable'],
  ['QDRANT_REFUSAL', 'no right', http(403), 'refused'],
  ['QDRANT_REFUSAL', 'no such collection', http(404), 'probe-refused'],
  ['QDRANT_REFUSAL', 'a collection that exists', http(409), 'probe-leak'],
  ['QDRANT_REFUSAL', 'a token that is not known', http(401), 'probe-refused'],
  ['QDRANT_REFUSAL', 'a failure of its own', http(500), 'server-error'],
  ['KEYCLOAK_REFUSAL', 'no right', http(403), 'refused'],
  ['KEYCLOAK_REFUSAL', 'a token of another realm', http(401), 'refused'],
  ['KEYCLOAK_REFUSAL', 'a token too large to read', http(431), 'refused'],
  ['KEYCLOAK_REFUSAL', 'no such component', http(404), 'probe-leak'],
  ['KEYCLOAK_REFUSAL', 'a failure of its own', http(500), 'server-error'],
  ['KEYCLOAK_REFUSAL', 'it is not ready', http(503), 'overloaded'],
])('%s: %s', async (name, _what, error, end) => {
  expect(await endOf(RULES[name], error)).toBe(end);
});
