import { connect } from 'node:http2';

const TIMEOUT_MS = 60_000;
const NO_COMPRESSION = 0;

/** The only message we send: one text, in field 1. */
function message(text: string): Buffer {
  const content = Buffer.concat([Buffer.from([0x0a, text.length]), Buffer.from(text)]);
  const head = Buffer.alloc(5, NO_COMPRESSION);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

/** The gRPC status of a call that names a collection and nothing else: 0 is done, 7 permission denied, 16 not known. */
export async function grpcStatus(port: number, method: string, collection: string, token: string): Promise<string> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    return await new Promise<string>((resolve, reject) => {
      session.on('error', reject);
      const stream = session.request({
        ':method': 'POST',
        ':path': `/qdrant.${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
        'api-key': token,
      });
      stream.setTimeout(TIMEOUT_MS, () => reject(new Error(`no answer to ${method}`)));
      const note = (headers: Record<string, unknown>) => {
        if (typeof headers['grpc-status'] === 'string') resolve(headers['grpc-status']);
      };
      // A refusal may come at once, with the headers; everything else says its status at the end.
      stream.on('response', note).on('trailers', note).on('error', reject).resume();
      stream.end(message(collection));
    });
  } finally {
    session.close();
  }
}
