import { createServer, type Server } from 'node:http';
import { METRICS_TYPE, renderMetrics } from '@freeflow/lib/metrics';
import type { Worker } from '@temporalio/worker';

/** What the health endpoint knows; filled in as the worker starts. */
export interface Health {
  workers: Worker[];
  /** What the start waits for, null once nothing. */
  waitingFor: string | null;
  /** Settles once all workers have ended and their connections are closed. */
  stopped: Promise<void>;
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

/**
 * `GET /health/live` answers 200 as long as the process can answer at all; `/health/ready` answers 200 while all
 * workers poll, else 503 with what is awaited; `/metrics` is for Prometheus.
 */
export function serveHealth(health: Health, host: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(health, request.url).then(({ status, type, body }) => {
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

async function answer(health: Health, url: string | undefined): Promise<Answer> {
  if (url === '/metrics') return { status: 200, type: METRICS_TYPE, body: await renderMetrics('worker') };
  const states = health.workers.map((it) => it.getState());
  const isReady = states.length > 0 && states.every((it) => it === 'RUNNING');
  const isKnown = url === '/health/live' || url === '/health/ready';
  return {
    status: !isKnown ? 404 : url === '/health/live' || isReady ? 200 : 503,
    type: 'application/json',
    body: JSON.stringify({ ready: isReady, states, waitingFor: health.waitingFor }),
  };
}
