import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import type { ApiConfig } from '../config';
import { findPage } from '../console/page-files';
import { pagePolicy } from '../console/policy';

type ConsoleConfig = Pick<
  ApiConfig,
  | 'AUTH_ISSUER'
  | 'AUTH_AUDIENCE'
  | 'CONSOLE_CLIENT_ID'
  | 'CONSOLE_SCOPE'
  | 'CONSOLE_SIGN_IN_ORIGINS'
  | 'CONSOLE_TRACE_URL'
>;

const NONCE_BYTES = 16;

/**
 * The web page of the product at `/console`, as it was built ahead. It has no token and no data: it signs people in at
 * the issuer and calls this API like any other client.
 */
export const consoleRoutes: FastifyPluginAsync<ConsoleConfig> = async (app, config) => {
  const folder = findPage();
  if (folder === undefined) {
    app.log.warn('the console is not built: npm run build');
    return;
  }
  await app.register(fastifyStatic, {
    root: path.join(folder, 'assets'),
    prefix: '/console/assets/',
    decorateReply: false,
    preCompressed: true,
    index: false,
    // Named by their content: what has the name of one is the same for ever.
    maxAge: '1y',
    immutable: true,
    schemaHide: true,
  });

  const settings = escapeAttribute(JSON.stringify(settingsOf(config)));
  const send = async (reply: FastifyReply) => {
    const nonce = randomBytes(NONCE_BYTES).toString('base64');
    const html = await readFile(path.join(folder, 'index.html'), 'utf8');
    return reply
      .headers({ 'content-security-policy': pagePolicy(nonce, config), 'cache-control': 'no-store' })
      .type('text/html; charset=utf-8')
      .send(html.replaceAll('__NONCE__', nonce).replace('__SETTINGS__', () => settings));
  };
  const hidden = { schema: { hide: true } };
  app.get('/console', hidden, (_request, reply) => reply.redirect('/console/'));
  // Whatever comes after is a page of the console's own.
  app.get('/console/*', hidden, (_request, reply) => send(reply));
};

/** What the page has to know, and nothing that is a secret: everybody can read it. */
const settingsOf = (config: ConsoleConfig) => ({
  issuer: config.AUTH_ISSUER,
  clientId: config.CONSOLE_CLIENT_ID,
  audience: config.AUTH_AUDIENCE,
  scope: config.CONSOLE_SCOPE,
  traceUrl: config.CONSOLE_TRACE_URL ?? null,
});

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '"': '&quot;', '<': '&lt;', '>': '&gt;' };
const escapeAttribute = (text: string): string => text.replace(/[&"<>]/g, (it) => ENTITIES[it] ?? it);
