import { BACKEND_KINDS, type BackendKind, FAILURES, type FailureType, adviceOn } from '@freeflow/contract';
import { QdrantClientResourceExhaustedError } from '@qdrant/js-client-rest';
import { BackendFault, isUnanswered } from './failures';
import type { BackendModule } from './module';
import { classify, REGISTRY } from './registry';

const cases: [kind: BackendKind, what: string, error: unknown, type: FailureType][] = [
  ['postgres', 'a refused connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'unreachable'],
  ['postgres', 'a connection cut off', new Error('Connection terminated unexpectedly'), 'unreachable'],
  ['postgres', 'an administrator ending the session', Object.assign(new Error('x'), { code: '57P01' }), 'unreachable'],
  ['postgres', 'a standby, as after a failover', Object.assign(new Error('x'), { code: '25006' }), 'unreachable'],
  ['postgres', 'a damaged file', Object.assign(new Error('x'), { code: '58030' }), 'server-error'],
  ['postgres', 'too many connections', Object.assign(new Error('x'), { code: '53300' }), 'overloaded'],
  ['postgres', 'a wrong password', Object.assign(new Error('x'), { code: '28P01' }), 'credentials'],
  ['postgres', 'a missing right', Object.assign(new Error('x'), { code: '42501' }), 'permission'],
  [
    'postgres',
    'a concurrent change',
    Object.assign(new Error('tuple concurrently updated'), { code: 'XX000' }),
    'conflict',
  ],
  ['postgres', 'a lock that another session holds', Object.assign(new Error('x'), { code: '55P03' }), 'blocked'],
  [
    'postgres',
    'a certificate that signs itself',
    Object.assign(new Error('x'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
    'certificate',
  ],
  [
    'mongodb',
    "a certificate of another host, in the driver's words",
    Object.assign(new Error('x', { cause: Object.assign(new Error('x'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }) }), {
      name: 'MongoServerSelectionError',
    }),
    'certificate',
  ],
  [
    'qdrant',
    'a certificate of nobody known, by fetch',
    new TypeError('fetch failed', {
      cause: Object.assign(new Error('x'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }),
    }),
    'certificate',
  ],
  [
    'keycloak',
    'a certificate that has expired, by fetch',
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }) }),
    'certificate',
  ],
  ['mongodb', 'no server found', Object.assign(new Error('x'), { name: 'MongoServerSelectionError' }), 'unreachable'],
  ['mongodb', 'a wrong password', Object.assign(new Error('x'), { code: 18 }), 'credentials'],
  ['mongodb', 'a missing right', Object.assign(new Error('x'), { code: 13 }), 'permission'],
  ['mongodb', 'a fault of its own', Object.assign(new Error('x'), { code: 1 }), 'server-error'],
  ['mongodb', 'a limit on requests', Object.assign(new Error('x'), { code: 462 }), 'overloaded'],
  [
    'mongodb',
    'a majority that does not confirm in time',
    Object.assign(new Error('x'), { name: 'MongoWriteConcernError', code: 50 }),
    'unreachable',
  ],
  ['mongodb', 'an operation that somebody has ended', Object.assign(new Error('x'), { code: 11601 }), 'conflict'],
  ['mongodb', 'a lock waited for in vain', Object.assign(new Error('x'), { code: 24 }), 'blocked'],
  ['mongodb', 'a full disk', Object.assign(new Error('x'), { code: 14031 }), 'overloaded'],
  [
    'qdrant',
    'a timeout of its client',
    Object.assign(new Error('x'), { name: 'QdrantClientTimeoutError' }),
    'unreachable',
  ],
  ['qdrant', 'a wrong API key', Object.assign(new Error('x'), { status: 401 }), 'credentials'],
  ['qdrant', 'load', Object.assign(new Error('x'), { status: 429 }), 'overloaded'],
  ['qdrant', 'load, with the time to come again', new QdrantClientResourceExhaustedError('x', '1'), 'overloaded'],
  [
    'keycloak',
    'fetch without a server',
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) }),
    'unreachable',
  ],
  ['keycloak', 'a 500', Object.assign(new Error('x'), { response: { status: 500 } }), 'server-error'],
  ['keycloak', 'a 403', Object.assign(new Error('x'), { response: { status: 403 } }), 'permission'],
  [
    'keycloak',
    'a failure of its database',
    Object.assign(new Error('x'), {
      response: { status: 400 },
      responseData: { errorMessage: 'Database operation failed' },
    }),
    'server-error',
  ],
  [
    'keycloak',
    'another 400',
    Object.assign(new Error('x'), { response: { status: 400 }, responseData: { errorMessage: 'Invalid realm' } }),
    'unexpected',
  ],
  ['keycloak', 'what nobody knows', new Error('strange'), 'unexpected'],
];

test.each(cases)('%s: %s', (kind, _, error, type) => {
  expect(classify(kind, error).type).toBe(type);
});

test('what has been judged stays as it was judged', () => {
  const fault = new BackendFault('foreign-resource', 'bob has it');
  expect(classify('qdrant', fault)).toBe(fault);
});

test.each(BACKEND_KINDS)('%s: anything unknown is taken for transient, and reports it', (kind) => {
  for (const unknown of [
    'a string',
    undefined,
    new Error('strange'),
    Object.assign(new Error('x'), { code: 'ZZ999' }),
    Object.assign(new Error('x'), { status: 418 }),
  ]) {
    const { type } = classify(kind, unknown);
    expect(type).toBe('unexpected');
    expect(FAILURES[type]).toMatchObject({ retryable: true, advice: expect.stringContaining('treated as transient') });
  }
});

test('no code of a server is permanent, and none stands in two rules of it', () => {
  for (const { failureCodes: rules } of Object.values<BackendModule>(REGISTRY)) {
    expect(rules.filter(({ type }) => !FAILURES[type].retryable)).toEqual([]);
    const codes = rules.flatMap((it) => it.codes);
    expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
  }
});

test('an advice is short and ends with where there is more', () => {
  for (const type of Object.keys(FAILURES) as FailureType[]) {
    expect(adviceOn(type)).toMatch(new RegExp(` More: docs/runbook\\.md#${type}$`));
    expect(adviceOn(type).length).toBeLessThan(260);
  }
});

test('a refusal is an answer, silence is none, and a call that no server took was never made', () => {
  expect(isUnanswered(classify('postgres', Object.assign(new Error('x'), { code: '55P03' })))).toBe(false);
  expect(
    isUnanswered(classify('postgres', Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }))),
  ).toBe(false);
  expect(
    isUnanswered(
      classify(
        'keycloak',
        new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) }),
      ),
    ),
  ).toBe(false);
  expect(
    isUnanswered(
      classify(
        'keycloak',
        new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'UND_ERR_SOCKET' }) }),
      ),
    ),
  ).toBe(true);
  expect(isUnanswered(classify('postgres', Object.assign(new Error('x'), { code: '42501' })))).toBe(false);
  expect(isUnanswered(classify('postgres', new Error('Connection terminated unexpectedly')))).toBe(true);
});

test('a 503 is no answer, since a proxy gives one also after it has passed the call on; a 429 is one', () => {
  const faultOf = (kind: 'keycloak' | 'qdrant', error: object) => classify(kind, Object.assign(new Error('x'), error));
  expect(isUnanswered(faultOf('keycloak', { response: { status: 503 } }))).toBe(true);
  expect(isUnanswered(faultOf('qdrant', { status: 503 }))).toBe(true);
  expect(isUnanswered(faultOf('keycloak', { response: { status: 429 } }))).toBe(false);
  expect(isUnanswered(faultOf('qdrant', { status: 429 }))).toBe(false);
  expect(isUnanswered(classify('postgres', Object.assign(new Error('x'), { code: '53300' })))).toBe(false);
});

test.each([
  [400, false],
  [413, false],
  [422, false],
  [408, true],
  [499, true],
  [504, true],
  [599, true],
])('a status of %i that no table names: is the call unanswered? %s', (status, expected) => {
  const error = Object.assign(new Error('Network response was not OK.'), { response: { status } });
  expect(isUnanswered(classify('keycloak', error))).toBe(expected);
});
