import { isProblemCode, PROBLEMS } from '@freeflow/contract';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { buildApp } from './app';
import { readApiConfig } from './config';

type Schema = Record<string, unknown> & { $ref?: string; examples?: unknown[] };
interface Media {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
interface Content {
  content?: Record<string, Media>;
}
interface Document {
  paths: Record<string, Record<string, { requestBody?: Content; responses: Record<string, Content> }>>;
  components: { schemas: Record<string, Schema> };
}
/** A body, or an answer, of a route in one media type. */
interface Described {
  where: string;
  status: string | undefined;
  media: Media;
}

let app: FastifyInstance;
let document: Document;
beforeAll(async () => {
  // Nobody listens there: what describes the API needs no server.
  const env = {
    MASTER_DATABASE_URL: 'postgresql://u:p@127.0.0.1:9/freeflow_master',
    TEMPORAL_ADDRESS: '127.0.0.1:9',
    AUTH_ISSUER: 'http://127.0.0.1:9/realms/none',
    AUTH_AUDIENCE: 'freeflow-api',
    LOG_LEVEL: 'error',
  };
  app = await buildApp(readApiConfig(env), env);
  await app.ready();
  document = JSON.parse(JSON.stringify(app.swagger())) as Document;
});
afterAll(() => app.close());

function allDescribed(): Described[] {
  const inAll = (where: string, status: string | undefined, { content = {} }: Content): Described[] =>
    Object.entries(content).map(([type, media]) => ({ where: `${where} ${type}`, status, media }));
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { requestBody, responses }]) => {
      const route = `${method.toUpperCase()} ${path}`;
      return [
        ...inAll(`${route} body`, undefined, requestBody ?? {}),
        ...Object.entries(responses).flatMap(([status, response]) => inAll(`${route} ${status}`, status, response)),
      ];
    }),
  );
}

/** That of the media type itself, or of its schema wherever that stands. */
function examplesOf({ example, examples, schema }: Media): unknown[] {
  const own = [...(example === undefined ? [] : [example]), ...Object.values(examples ?? {}).map(({ value }) => value)];
  return own.length > 0 || schema === undefined ? own : ofSchema(schema);
}

function ofSchema({ $ref, examples, example, allOf }: Schema): unknown[] {
  if (examples !== undefined) return examples;
  if (example !== undefined) return [example];
  const referenced = $ref === undefined ? undefined : document.components.schemas[nameIn($ref)];
  const others = [...(referenced === undefined ? [] : [referenced]), ...((allOf as Schema[] | undefined) ?? [])];
  return others.flatMap(ofSchema);
}

const nameIn = (ref: string): string => ref.replace('#/components/schemas/', '');

/** The schema as it is published, with all that it refers to. */
function asZod(schema: Schema): z.ZodType {
  const moved = (part: unknown): unknown =>
    JSON.parse(JSON.stringify(part).replaceAll('#/components/schemas/', '#/$defs/'));
  return z.fromJSONSchema({ ...(moved(schema) as Schema), $defs: moved(document.components.schemas) } as never);
}

test('every body and every answer of every route has an example', () => {
  expect(allDescribed().length).toBeGreaterThan(100);
  expect(allDescribed().flatMap(({ where, media }) => (examplesOf(media).length === 0 ? [where] : []))).toEqual([]);
});

test('every example is what its schema says', () => {
  const wrong = allDescribed().flatMap(({ where, media }) =>
    examplesOf(media).flatMap((example) => {
      const { error } = asZod(media.schema ?? {}).safeParse(example);
      return error === undefined ? [] : [`${where}: ${z.prettifyError(error)}`];
    }),
  );
  expect(wrong).toEqual([]);
});

test('the examples of a problem have the status of their answer, and the words that the API would use', () => {
  const wrong = allDescribed()
    .filter(({ where }) => where.endsWith('application/problem+json'))
    .flatMap(({ where, status, media }) =>
      examplesOf(media).flatMap((example) => {
        const { code, title, advice, status: own } = example as Record<string, string>;
        const row = isProblemCode(code ?? '') ? PROBLEMS[code as keyof typeof PROBLEMS] : undefined;
        const isRight =
          row?.title === title && row?.advice === advice && String(row?.status) === status && String(own) === status;
        return isRight ? [] : [`${where} ${String(code)}`];
      }),
    );
  expect(wrong).toEqual([]);
});
