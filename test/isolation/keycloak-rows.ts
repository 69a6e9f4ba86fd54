import type { Attack } from './attack';
import type { KeycloakReach } from './keycloak-reach';

export type Path = (by: KeycloakReach, on: KeycloakReach) => string;
type Body = (by: KeycloakReach, on: KeycloakReach) => unknown;

const rowsAs =
  (as: string, tokenOf: (by: KeycloakReach) => string) =>
  (what: string, method: string, path: Path, body?: Body, answer = '403'): Attack => ({
    what,
    as,
    answer,
    run: async ({ keycloak: by }, { keycloak: on }) =>
      String((await by.call(tokenOf(by), method, path(by, on), body?.(by, on))).status),
  });

/** A row tried with the token of the tenant's application. */
export const app = rowsAs("its application's client", (by) => by.appToken);
/** A row tried with the token of the tenant's first admin. */
export const admin = rowsAs('its first admin', (by) => by.admin.accessToken);

/** Paths of the admin API in its own realm, the other's, and realms of the platform. */
export const own =
  (below = ''): Path =>
  (by) =>
    `/admin/realms/${by.realm}${below}`;
export const other =
  (below = ''): Path =>
  (_, on) =>
    `/admin/realms/${on.realm}${below}`;
export const at =
  (path: string): Path =>
  () =>
    path;
