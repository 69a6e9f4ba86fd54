import { partsOf, type Attack, type Matrix } from './attack';
import { AS_ADMIN } from './attacks-keycloak-admin';
import { AS_APP } from './attacks-keycloak-app';
import { AT_HOME, ELSEWHERE } from './attacks-keycloak-elsewhere';
import { ESCALATIONS } from './attacks-keycloak-escalation';
import { admin, own } from './keycloak-rows';
import { KEYCLOAK_LIMITS } from './limits-keycloak';

const RIGHTS: readonly Attack[] = [
  ...AT_HOME,
  {
    what: 'log in for the first time: a new password is asked for',
    as: 'its first admin',
    answer: 'password, new password, profile',
    run: async ({ keycloak }) => keycloak.admin.asked.join(', '),
  },
  admin('read the users of its own realm', 'GET', own('/users'), undefined, '200'),
  admin('read the clients of its own realm', 'GET', own('/clients'), undefined, '200'),
  {
    what: 'make and delete a user of its own realm',
    as: 'its first admin',
    answer: '201, 204',
    run: async ({ keycloak: by }) => {
      const made = await by.call(by.admin.accessToken, 'POST', `/admin/realms/${by.realm}/users`, {
        username: 'somebody',
        enabled: true,
      });
      const deleted = await by.call(
        by.admin.accessToken,
        'DELETE',
        new URL(made.headers.get('location') ?? '').pathname,
      );
      return `${made.status}, ${deleted.status}`;
    },
  },
];

export const KEYCLOAK: Matrix = {
  title: 'Keycloak',
  codes:
    "`200` done, `201` made, `204` removed, `403` forbidden, `401` not known here, `400 invalid_grant` OAuth's word for a login or token that isn't good here",
  parts: partsOf(RIGHTS, [...AS_APP, ...AS_ADMIN, ...ESCALATIONS, ...ELSEWHERE], KEYCLOAK_LIMITS),
};
