import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { Pool } from 'pg';
import { buildApp } from '../../api/app';
import { readApiConfig } from '../../api/config';
import { apiEnv } from '../../stack/stack-info';
import type { Answer } from './installation';
import { AUDIENCE, openIssuer, type Issuer } from './issuer';
import { openMaster, type Master } from './master';
import { openOperator, type Operator } from './temporal';
import { UNLIMITED } from './unlimited';
import { publishKey } from './webhooks';

/** The API on a real master database and Temporal, with an issuer of our own and no worker: nothing is provisioned. */
export interface ApiBench {
  app: FastifyInstance;
  url: string;
  master: Master;
  /** The master database with its owner's eyes. */
  owner: Pool;
  issuer: Issuer;
  taskQueue: string;
  /** What the API was started with. */
  env: Record<string, string>;
  /** Temporal, as an operator sees it. */
  operator: Operator;
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  close(): Promise<void>;
}

interface RequestOptions {
  body?: unknown;
  /** Sent as it is, in place of `body`. */
  raw?: string;
  headers?: Record<string, string>;
  /** null: none. */
  token?: string | null;
}

/** @param given an issuer that is there already, as one that publishes nothing yet; closed with the bench */
export async function openApiBench(env: Record<string, string> = {}, given?: Issuer): Promise<ApiBench> {
  const [master, issuer] = await Promise.all([openMaster(), given ?? openIssuer()]);
  const taskQueue = `api-bench-${randomBytes(4).toString('hex')}`;
  const variables = {
    ...apiEnv(master.info),
    MASTER_DATABASE_URL: master.apiUrl,
    TASK_QUEUE: taskQueue,
    AUTH_ISSUER: issuer.url,
    AUTH_AUDIENCE: AUDIENCE,
    API_PORT: '0',
    ...UNLIMITED,
    LOG_LEVEL: 'error',
    ...env,
  };
  const app = await buildApp(readApiConfig(variables), variables);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const owner = new Pool({ connectionString: master.ownerUrl, max: 2 });
  owner.on('error', () => undefined);
  // As a worker would have.
  await publishKey(owner);
  const usual = await issuer.token();
  const operator = await openOperator(master.info);
  return {
    app,
    url,
    master,
    owner,
    issuer,
    taskQueue,
    env: variables,
    operator,
    request: async (
      method,
      path,
      { body, raw = body === undefined ? undefined : JSON.stringify(body), headers = {}, token = usual } = {},
    ) => {
      const response = await fetch(url + path, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(raw === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(raw === undefined ? {} : { body: raw }),
      });
      const isStream = response.headers.get('content-type') === 'text/event-stream';
      const text = isStream ? '' : await response.text();
      // It has no end of its own.
      if (isStream) await response.body?.cancel();
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson && text !== '' ? (JSON.parse(text) as Answer['body']) : {},
      };
    },
    close: async () => {
      await app.close();
      await Promise.all([owner.end(), issuer.close(), operator.close()]);
      await master.drop();
    },
  };
}
