import underPressure from '@fastify/under-pressure';
import fastifyPlugin from 'fastify-plugin';
import type { ApiConfig } from '../config';
import { Problem } from '../errors';

class Overloaded extends Problem {
  constructor() {
    super('overloaded', 'It answers later than it should.');
  }
}

/**
 * Refuses requests while the process is late with everything, before they cost it anything: what waits in a queue
 * without end is answered when nobody waits any more.
 */
export const shedLoad = fastifyPlugin<Pick<ApiConfig, 'API_MAX_EVENT_LOOP_DELAY_MS'>>(
  async (app, { API_MAX_EVENT_LOOP_DELAY_MS: maxEventLoopDelay }) => {
    await app.register(underPressure, { maxEventLoopDelay, customError: Overloaded });
  },
);
