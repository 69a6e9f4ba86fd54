import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';

/** A response that names its media types, as far as it has examples. */
const withContent = z.looseObject({
  content: z.record(z.string(), z.looseObject({ example: z.unknown().optional(), examples: z.unknown().optional() })),
});
const responses = z.record(z.string(), z.unknown());

/**
 * The description of a route, with the examples of its responses: the library keeps nothing of a media type but its
 * schema.
 */
export const describeWithExamples: typeof jsonSchemaTransform = (document) => {
  const described = jsonSchemaTransform(document);
  const given = responses.safeParse((document.schema as { response?: unknown } | undefined)?.response).data ?? {};
  const shown = responses.safeParse((described.schema as { response?: unknown } | undefined)?.response).data ?? {};
  for (const [status, response] of Object.entries(given)) {
    const { content: from } = withContent.safeParse(response).data ?? { content: {} };
    const to = (shown[status] as { content?: Record<string, object> } | undefined)?.content ?? {};
    for (const [type, { example, examples }] of Object.entries(from))
      Object.assign(
        to[type] ?? {},
        example === undefined ? {} : { example },
        examples === undefined ? {} : { examples },
      );
  }
  return described;
};
