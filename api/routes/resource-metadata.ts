import type { FastifyPluginCallback } from 'fastify';
import type { ApiConfig } from '../config';

/**
 * Who issues the tokens that this API takes, for those who have none yet (RFC 9728): a command line finds by it where
 * people log in.
 */
export const resourceMetadataRoutes: FastifyPluginCallback<Pick<ApiConfig, 'AUTH_ISSUER'>> = (
  app,
  { AUTH_ISSUER },
  done,
) => {
  app.get('/.well-known/oauth-protected-resource', { schema: { hide: true } }, ({ protocol, host }) => ({
    resource: `${protocol}://${host}`,
    resource_name: 'FreeFlow tenants',
    authorization_servers: [AUTH_ISSUER],
    bearer_methods_supported: ['header'],
  }));
  done();
};
