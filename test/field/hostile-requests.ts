import fc, { type Arbitrary } from 'fast-check';

/** A request as it goes over the line. */
export interface HostileRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  headers: Record<string, string>;
  payload?: Buffer;
}

/** As much of OpenAPI as the generator reads. */
interface Schema {
  type?: string;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  enum?: unknown[];
  anyOf?: Schema[];
  $ref?: string;
  format?: string;
  properties?: Record<string, Schema>;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}
interface Parameter {
  name: string;
  in: string;
  schema: Schema;
}
interface Operation {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}
export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

/** Any UTF-16 there is: NUL, C0, C1, lone surrogates, marks that turn the direction of writing. */
const anyText = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '\u0000',
    'a\u0000b',
    '\ud800',
    'x\udfff',
    '\u007f',
    '\u0085',
    '__proto__',
    'constructor',
    'null',
    'NaN',
    '-1',
    '1e309',
    '0x10',
    '99999999999999999999',
    '%',
    '%00',
    '%ff',
    'a\'; DROP TABLE "Tenant" --',
    '\u202e',
    'a'.repeat(3_000),
  ),
);

/** What looks like a cursor and is none of ours. */
const anyCursor = fc
  .oneof(
    fc.array(
      fc.oneof(
        fc.constantFrom(
          '0000-01-01T00:00:00Z',
          '9999-99-99T00:00:00.000Z',
          '2026-01-01T00:00:00Z',
          '+010000-01-01T00:00:00Z',
          '6f0e5d1c-2b3a-4c4d-8e5f-607182930a1b',
        ),
        fc.integer(),
        fc.double(),
        fc.constant(2 ** 31),
        fc.constant(1e300),
        anyText,
      ),
      { maxLength: 3 },
    ),
    fc.jsonValue(),
  )
  .map((place) => Buffer.from(JSON.stringify(place)).toString('base64url'));

const anyJson = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '{"__proto__":{"x":1}}',
    '{"constructor":{"prototype":{}}}',
    '1e999',
    '{"name":"a","name":"b"}',
    '"\\ud800"',
    '{"name":"\\u0000"}',
    '{',
    '',
    '[]',
    'null',
    '['.repeat(5_000) + ']'.repeat(5_000),
    `{"name":${'9'.repeat(400)}}`,
  ),
);

/** Values that fit a schema, as far as one can tell: what is wrong with a request is then one part of it, not all. */
function fitting(schema: Schema, { components }: Document, ids: readonly string[]): Arbitrary<unknown> {
  const {
    $ref,
    enum: words,
    anyOf,
    type,
    format,
    properties,
    minLength,
    maxLength,
    minimum,
    maximum,
    items,
    additionalProperties,
  } = schema;
  const again = (inner: Schema) => fitting(inner, { paths: {}, ...(components ? { components } : {}) }, ids);
  if ($ref !== undefined) return again(components?.schemas?.[$ref.split('/').at(-1) ?? ''] ?? {});
  if (words !== undefined) return fc.constantFrom(...words);
  if (anyOf !== undefined) return fc.oneof(...anyOf.map(again));
  if (format === 'uuid')
    return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...ids) }, { weight: 1, arbitrary: fc.uuid() });
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer') return fc.integer({ min: minimum ?? 0, max: maximum ?? 1_000 });
  if (type === 'null') return fc.constant(null);
  if (type === 'array' && items !== undefined) return fc.array(again(items), { maxLength: 2 });
  if (typeof additionalProperties === 'object')
    return fc.dictionary(fc.stringMatching(/^[a-z][a-z.]{0,8}[a-z]$/), again(additionalProperties), { maxKeys: 3 });
  if (properties !== undefined)
    return fc.record(Object.fromEntries(Object.entries(properties).map(([name, it]) => [name, again(it)])), {
      requiredKeys: [],
    });
  return fc.string({ unit: 'grapheme', minLength: minLength ?? 0, maxLength: Math.min(maxLength ?? 30, 60) });
}

/** A URL has no lone surrogates. */
const wellFormed = (text: string): string => text.replaceAll(/[\ud800-\udfff]/gu, '\ufffd');

const encoded = fc.oneof(
  anyText.map((text) => encodeURIComponent(wellFormed(text))),
  fc.constantFrom('%00', '%ff%fe', '%', '%zz', '%c0%80', '%ed%a0%80', '+', '&&=', '%2e%2e', ';'),
);

/** Requests to every route of an OpenAPI document, each with something wrong in it, or nothing. */
export function hostileRequests(
  document: Document,
  { ids, token }: { ids: readonly string[]; token: string },
): Arbitrary<HostileRequest> {
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => requestTo(document, path, method, operation, ids, token)),
  );
  return fc.oneof(...routes);
}

function requestTo(
  document: Document,
  path: string,
  method: string,
  { parameters = [], requestBody }: Operation,
  ids: readonly string[],
  token: string,
): Arbitrary<HostileRequest> {
  const named = (where: string) => parameters.filter((it) => it.in === where);
  const text = (schema: Schema): Arbitrary<string> =>
    fitting(schema, document, ids).map((value) => encodeURIComponent(wellFormed(String(value))));
  const value = ({ name, schema }: Parameter): Arbitrary<string> =>
    fc.oneof({ weight: 3, arbitrary: text(schema) }, { weight: 2, arbitrary: name === 'cursor' ? anyCursor : encoded });
  const url = fc
    .tuple(
      fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...ids) }, { weight: 1, arbitrary: encoded }),
      fc.array(
        fc.oneof(
          ...named('query').map((it) => value(it).map((given) => `${it.name}=${given}`)),
          encoded.map((given) => `${given}=${given}`),
        ),
        { maxLength: named('query').length === 0 ? 1 : 4 },
      ),
    )
    .map(([id, query]) => `${path.replace('{id}', id)}${query.length === 0 ? '' : `?${query.join('&')}`}`);
  const schema = requestBody?.content['application/json']?.schema;
  const fittingBody =
    schema === undefined ? fc.constant('') : fitting(schema, document, ids).map((it) => JSON.stringify(it) ?? '');
  const spoiltBody =
    schema === undefined
      ? anyJson
      : fc
          .tuple(fitting(schema, document, ids), anyText, fc.oneof(anyText, fc.jsonValue({ maxDepth: 1 })))
          .map(([it, name, bad]) => JSON.stringify(spoil(it, name, bad)));
  const payload = fc
    .oneof(
      { weight: 3, arbitrary: fittingBody },
      { weight: 3, arbitrary: spoiltBody },
      { weight: 2, arbitrary: anyJson },
    )
    .map((it) => Buffer.from(it));
  const bytes = fc.oneof(
    { weight: 15, arbitrary: payload },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }).map((it) => Buffer.from(it)) },
  );
  return fc
    .record({ url, headers: headers(token), payload: bytes })
    .map(({ url: to, headers: sent, payload: body }) => {
      const isSent = method !== 'get' && body.length > 0;
      return {
        method: method.toUpperCase() as HostileRequest['method'],
        url: to,
        headers: sent,
        ...(isSent ? { payload: body } : {}),
      };
    });
}

/** Something else in one of its fields, or a field more. */
function spoil(body: unknown, name: string, bad: unknown): unknown {
  if (typeof body !== 'object' || body === null) return bad;
  const fields = Object.keys(body);
  return { ...body, [fields[name.length % (fields.length + 1)] ?? name]: bad };
}

const latin1 = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((it) => String.fromCharCode(it === 0x7f ? 0x7e : it)),
  maxLength: 300,
});

const headers = (token: string): Arbitrary<Record<string, string>> =>
  fc.record(
    {
      authorization: fc.oneof(
        { weight: 19, arbitrary: fc.constant(`Bearer ${token}`) },
        { weight: 1, arbitrary: latin1 },
      ),
      'content-type': fc.oneof(
        { weight: 9, arbitrary: fc.constant('application/json') },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            'application/json; charset=utf-16',
            'text/plain',
            'application/xml',
            ';',
            'application/json;;',
            'multipart/form-data',
          ),
        },
      ),
      'idempotency-key': fc.oneof(fc.uuid(), latin1),
      accept: latin1,
      'x-request-id': latin1,
      'last-event-id': latin1,
      'if-match': fc.oneof(fc.constantFrom('*', '"x"'), latin1),
    },
    { requiredKeys: ['authorization', 'content-type'] },
  );
