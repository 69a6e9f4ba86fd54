import { BSON } from 'mongodb';
import type { FaultyServer } from '../support/fault-injected-installation';
import type { Answerer } from '../support/tcp-proxy';

/**
 * A double: replies in a server's name, spelled as the server itself spells them, for what a healthy server can't be
 * brought to say. What was answered so never reached the server.
 */
export const ANSWERS = ['answers 500', 'answers 429', 'says its disk is full'] as const;
export type AnswerKind = (typeof ANSWERS)[number];

type Protocol = (kind: AnswerKind, hasHint: boolean) => Answerer;

interface HttpSpelling {
  status: number;
  body: unknown;
}

/** `hasHint`: a 429 says when to come again. */
const http =
  (spellings: Readonly<Record<AnswerKind, HttpSpelling>>): Protocol =>
  (kind, hasHint) =>
  (request) => {
    const end = request.indexOf('\r\n\r\n');
    if (end < 0) return 'more';
    const head = request.subarray(0, end).toString('latin1');
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    const isWhole = /^transfer-encoding: *chunked/im.test(head)
      ? request.subarray(-5).toString() === '0\r\n\r\n'
      : request.length >= end + 4 + length;
    if (!isWhole) return 'more';
    const { status, body } = spellings[kind];
    const text = JSON.stringify(body);
    const hint = kind === 'answers 429' && hasHint ? 'retry-after: 1\r\n' : '';
    return {
      reply: Buffer.from(
        `HTTP/1.1 ${status} Chaos\r\ncontent-type: application/json\r\n${hint}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
      ),
    };
  };

const qdrantSays = (status: number, error: string): HttpSpelling => ({ status, body: { status: { error }, time: 0 } });

/** SQLSTATE and message: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SQL: Readonly<Record<AnswerKind, [state: string, message: string]>> = {
  'answers 500': ['XX000', 'internal error'],
  'answers 429': ['53300', 'sorry, too many clients already'],
  'says its disk is full': ['53100', 'could not extend file "base/1/1": No space left on device'],
};

const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);

/**
 * PostgreSQL's messages: https://www.postgresql.org/docs/current/protocol-message-formats.html. Outside a transaction
 * it is an error, and the session goes on; inside one, and while somebody logs in, it ends the session: the server has
 * to roll back.
 */
const postgres: Protocol =
  (kind) =>
  (request, { lastReply }) => {
    const [state, message] = SQL[kind];
    const isLogin = request[0] === 0 || request[0] === 0x70;
    if (request[0] === 0x58) return 'pass';
    if (!isLogin && request[0] !== 0x51 && !request.subarray(-5).equals(SYNC)) return 'more';
    const endsSession = isLogin || !lastReply.subarray(-6).equals(READY);
    const fields = [
      `S${endsSession ? 'FATAL' : 'ERROR'}`,
      `V${endsSession ? 'FATAL' : 'ERROR'}`,
      `C${state}`,
      `M${message}`,
    ]
      .map((it) => `${it}\0`)
      .join('');
    const head = Buffer.alloc(5);
    head.write('E');
    head.writeInt32BE(4 + fields.length + 1, 1);
    return {
      reply: Buffer.concat([head, Buffer.from(`${fields}\0`), ...(endsSession ? [] : [READY])]),
      isLast: endsSession,
    };
  };

/** https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml */
const MONGO: Readonly<Record<AnswerKind, [code: number, name: string, message: string]>> = {
  'answers 500': [1, 'InternalError', 'internal error'],
  'answers 429': [462, 'IngressRequestRateLimitExceeded', 'the rate of requests is limited'],
  'says its disk is full': [
    14031,
    'OutOfDiskSpace',
    'Cannot perform this operation, for there is not enough disk space',
  ],
};
const OP_MSG = 2013;
/** With these a driver finds out who is there and logs in; a full or busy server does this all the same. */
const GREETINGS = ['hello', 'ismaster', 'isMaster', 'saslStart', 'saslContinue', 'endSessions'];

/** OP_MSG: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ */
const mongodb: Protocol = (kind) => (request) => {
  if (request.length < 16 || request.length < request.readInt32LE(0)) return 'more';
  if (request.readInt32LE(12) !== OP_MSG || request[20] !== 0) return 'pass';
  const [command = ''] = Object.keys(BSON.deserialize(request.subarray(21, 21 + request.readInt32LE(21))));
  if (GREETINGS.includes(command)) return 'pass';
  const [code, codeName, errmsg] = MONGO[kind];
  const body = BSON.serialize({ ok: 0, errmsg, code, codeName });
  const head = Buffer.alloc(21);
  for (const [at, value] of [21 + body.length, 0, request.readInt32LE(4), OP_MSG, 0].entries())
    head.writeInt32LE(value, at * 4);
  return { reply: Buffer.concat([head, body]) };
};

/** How each server spells it. Temporal's line isn't answered on: gRPC would take a server of its own. */
const PROTOCOLS: Readonly<Record<Exclude<FaultyServer, 'temporal'>, Protocol>> = {
  postgres,
  master: postgres,
  mongodb,
  qdrant: http({
    'answers 500': qdrantSays(500, 'Service internal error: chaos'),
    'answers 429': qdrantSays(429, 'Rate limiting exceeded: chaos'),
    'says its disk is full': qdrantSays(
      500,
      'Service internal error: No space left on device: WAL buffer size exceeds available disk space',
    ),
  }),
  // Whatever its database tells it, Keycloak answers one and the same; only its log knows more.
  keycloak: http({
    'answers 500': {
      status: 500,
      body: { error: 'unknown_error', error_description: 'For more on this error consult the server log.' },
    },
    'answers 429': { status: 429, body: { error: 'too_many_requests' } },
    'says its disk is full': {
      status: 500,
      body: { error: 'unknown_error', error_description: 'For more on this error consult the server log.' },
    },
  }),
};

/** Answers every request in the name of the server. */
export function answererFor(server: FaultyServer, kind: AnswerKind, hasHint: boolean): Answerer {
  if (server === 'temporal') throw new Error('nobody answers for Temporal');
  return PROTOCOLS[server](kind, hasHint);
}
