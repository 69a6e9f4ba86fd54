import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'protobufjs';
import { z } from 'zod';

/**
 * The part of OTLP that is looked at:
 * https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto
 */
const { root } = parse(`
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1;
    bytes span_id = 2;
    bytes parent_span_id = 4;
    string name = 5;
    fixed64 start_time_unix_nano = 7;
    fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9;
    repeated Link links = 13;
    Status status = 15;
  }
  message Link { bytes trace_id = 1; }
  message Status { int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`);
const requestType = root.lookupType('Request');

const attributes = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])) }))
  .default([])
  .transform((all) => Object.fromEntries(all.map(({ key, value }) => [key, Object.values(value)[0]])));
const hex = z.string().transform((base64) => Buffer.from(base64, 'base64').toString('hex'));
const spanSchema = z.object({
  traceId: hex,
  spanId: hex,
  parentSpanId: hex.default(''),
  name: z.string(),
  startTimeUnixNano: z.number(),
  endTimeUnixNano: z.number(),
  attributes,
  links: z.array(z.object({ traceId: hex })).default([]),
  status: z.object({ code: z.number().default(0) }).default({ code: 0 }),
});
const requestSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })),
    }),
  ),
});

const STATUS_ERROR = 2;

/** A span as a collector gets it. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Empty where it is the first of its trace. */
  parentSpanId: string;
  name: string;
  /** The process it is of. */
  service: unknown;
  /** In ms since 1970. */
  startedAt: number;
  endedAt: number;
  attributes: Readonly<Record<string, string | number | boolean | undefined>>;
  /** The traces that it is linked to. */
  links: string[];
  isFailed: boolean;
}

/** Takes spans by OTLP over HTTP, as any collector does, and keeps them, with the bytes they came in. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly bodies: Buffer[] = [];
  /** The header `authorization` of each request. */
  readonly tokens = new Set<string | undefined>();
  private server: Server | undefined;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens; once more, where it did before. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.method === 'POST' && request.url === '/v1/traces') this.take(Buffer.concat(chunks));
        this.tokens.add(request.headers.authorization);
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Goes away: from now on nobody answers there. */
  async close(): Promise<void> {
    const { server } = this;
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  }

  private take(body: Buffer): void {
    this.bodies.push(body);
    const decoded = requestType.toObject(requestType.decode(body), { longs: Number, bytes: String });
    for (const { resource, scopeSpans } of requestSchema.parse(decoded).resourceSpans)
      for (const { startTimeUnixNano, endTimeUnixNano, status, links, ...span } of scopeSpans.flatMap((it) => it.spans))
        this.spans.push({
          ...span,
          service: resource.attributes['service.name'],
          startedAt: startTimeUnixNano / 1e6,
          endedAt: endTimeUnixNano / 1e6,
          links: links.map(({ traceId }) => traceId),
          isFailed: status.code === STATUS_ERROR,
        });
  }
}
