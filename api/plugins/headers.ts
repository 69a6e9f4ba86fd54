import helmet from '@fastify/helmet';
import fastifyPlugin from 'fastify-plugin';

const YEAR_S = 31_536_000;

/**
 * The headers by which a browser keeps to itself what it is shown. Nothing of the API is to be rendered, framed or run;
 * the page at /docs has a policy of its own. Nor is any other origin let in: there are no Access-Control headers at
 * all.
 */
export const guardByHeaders = fastifyPlugin(async (app) => {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // Whether other hosts of the domain have TLS is not this one's to say.
    strictTransportSecurity: { maxAge: YEAR_S, includeSubDomains: false },
    xFrameOptions: { action: 'deny' },
  });
});
