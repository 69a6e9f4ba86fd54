import { listQuery, skipBody, adoptBody } from '@freeflow/contract/http';
import type { FastifyRouteSchemaDef } from 'fastify/types/schema';
import { z } from 'zod';
import { type InvalidInput, inputErrorsOf, validateInput } from './input-validation';

function errorsOf(schema: z.ZodType, input: unknown, validationContext = 'body') {
  const result = (validateInput({ schema } as FastifyRouteSchemaDef<z.ZodType>) as (it: unknown) => unknown)(input);
  const { error } = result as { error?: InvalidInput };
  return error === undefined ? [] : inputErrorsOf(Object.assign(error, { validationContext }));
}

test.each<[string, z.ZodType, unknown, unknown[]]>([
  ['nothing', skipBody, undefined, [{ pointer: '', detail: 'is missing' }]],
  ['a list', skipBody, [], [{ pointer: '', detail: 'must be an object' }]],
  ['a member that is missing', skipBody, {}, [{ pointer: '/reason', detail: 'is missing' }]],
  ['null', skipBody, { reason: null }, [{ pointer: '/reason', detail: 'must be a string' }]],
  [
    'two members too many, with names that a pointer escapes',
    skipBody,
    { reason: 'lost', 'a/b': 1, '~': 2 },
    [
      { pointer: '/a~1b', detail: 'is not a known field' },
      { pointer: '/~0', detail: 'is not a known field' },
    ],
  ],
  [
    'another word than those there are',
    adoptBody,
    { backend: 'oracle', acceptServer: 'yes' },
    [
      { pointer: '/backend', detail: 'must be one of postgres, mongodb, qdrant, keycloak' },
      { pointer: '/acceptServer', detail: 'must be true or false' },
    ],
  ],
  [
    'what no schema of ours has words for',
    z.array(z.string()).max(1),
    ['a', 'b'],
    [{ pointer: '', detail: 'is not valid' }],
  ],
])('a body: %s', (_what, schema, body, errors) => {
  expect(errorsOf(schema, body)).toEqual(errors);
});

test('parameters and headers are named', () => {
  expect(errorsOf(listQuery, { limit: '201', gone: 'yes', stauts: 'active' }, 'querystring')).toEqual([
    { parameter: 'gone', detail: 'must be one of true, false' },
    { parameter: 'limit', detail: 'must be a whole number, 1 to 200' },
    { parameter: 'stauts', detail: 'is not a known field' },
  ]);
  expect(errorsOf(z.object({ 'x-id': z.string() }), {}, 'headers')).toEqual([{ header: 'x-id', detail: 'is missing' }]);
});

test.each(['0', '201', 'x', '1.5', '-1', '1e2', ''])(
  'a number of %j in a query is told its bounds, in no words of zod',
  (limit) => {
    expect(errorsOf(listQuery, { limit }, 'querystring')).toEqual([
      { parameter: 'limit', detail: 'must be a whole number, 1 to 200' },
    ]);
  },
);
