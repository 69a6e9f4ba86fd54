import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an authorization server answers: a status with a body, nothing at all, or half an answer. */
type Reply = { status: number; body: string; headers?: Record<string, string> } | 'cut' | 'half' | 'nothing';

interface Asked {
  path: string | undefined;
  authorization: string | undefined;
  body: string;
}

/** An authorization server that answers as a test says, and keeps what it was asked. */
export interface FakeIssuer {
  url: string;
  asked: Asked[];
  /** To everything, from now on. */
  answer: Reply | ((asked: Asked) => Reply);
  close(): Promise<void>;
}

export async function openFakeIssuer(): Promise<FakeIssuer> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const asked = { path: request.url, authorization: request.headers.authorization, body };
      issuer.asked.push(asked);
      const answer = typeof issuer.answer === 'function' ? issuer.answer(asked) : issuer.answer;
      if (answer === 'nothing') return;
      if (answer === 'cut') return void request.socket.destroy();
      if (answer === 'half') {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
        return void response.write('{"access_', () => request.socket.destroy());
      }
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const issuer: FakeIssuer = {
    url: `http://127.0.0.1:${port}`,
    asked: [],
    answer: { status: 200, body: '{}' },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return issuer;
}
