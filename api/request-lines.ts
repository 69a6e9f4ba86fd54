import { LogController, type FastifyReply, type FastifyRequest } from 'fastify';

/** Fastify's own lines of a request, with the names that fields have in all lines of ours. */
export class RequestLines extends LogController {
  constructor() {
    super({ requestIdLogLabel: 'requestId' });
  }

  override requestCompleted(error: Error | null | undefined, _request: FastifyRequest, reply: FastifyReply): void {
    const fields = { res: reply, durationMs: Math.round(reply.elapsedTime) };
    if (error) reply.log.error({ ...fields, err: error }, 'request errored');
    else reply.log.info(fields, 'request completed');
  }
}
