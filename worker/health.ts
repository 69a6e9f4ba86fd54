import { createServer, type Server } from 'node:http';
import type { Worker } from '@temporalio/worker';

/** What the health endpoint knows; filled in as the worker starts. */
export interface Health {
  workers: Worker[];
  /** What the start waits for, null once nothing. */
  waitingFor: string | null;
  /** Settles once all workers have ended and their connections are closed. */
  stopped: Promise<void>;
}

/**
 * `GET /health/live` answers 200 as long as the process can answer at all; `/health/ready` answers 200 while all
 * workers poll, else 503 with what is awaited.
 */
export function serveHealth(health: Health, host: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    const states = health.workers.map((it) => it.getState());
    const isReady = states.length > 0 && states.every((it) => it === 'RUNNING');
    const isKnown = request.url === '/health/live' || request.url === '/health/ready';
    const status = !isKnown ? 404 : request.url === '/health/live' || isReady ? 200 : 503;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ready: isReady, states, waitingFor: health.waitingFor }));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
