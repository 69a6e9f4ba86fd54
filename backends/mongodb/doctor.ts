import { secret } from '@freeflow/lib/config';
import type { Db } from 'mongodb';
import { type Check, faults, type Finding, type Group, ok } from '../doctor/check';
import { compareClocks } from '../doctor/clock';
import { type SupportedVersions, versionFinding } from '../doctor/versions';
import { mongoHosts, mongoProblem, withAdmin } from './provisioner/client';
import { differences, type Privilege } from './provisioner/role';
import { mongoLogin } from './variables';

/** What the checks are made by. */
export const SETTINGS = {
  MONGODB_ADMIN_URL: secret(mongoLogin(), "the tenants' MongoDB server, by the worker's login"),
};
type Name = keyof typeof SETTINGS;

export const VERSIONS: SupportedVersions = {
  title: 'MongoDB',
  tested: ['6.0'],
  supported: ['7.0', '8.0'],
  endOfLife: ['6.0'],
  least: { version: '4.4', why: 'the driver refuses it' },
};

interface Me {
  authInfo: {
    authenticatedUsers: { user: string }[];
    authenticatedUserRoles: { role: string }[];
    authenticatedUserPrivileges: Privilege[];
  };
}

const check = (what: string, after: string[], work: (admin: Db, url: string) => Promise<Finding>): Check<Name> => ({
  name: `mongodb.${what}`,
  needs: ['MONGODB_ADMIN_URL'],
  after,
  run: ({ MONGODB_ADMIN_URL: url }) =>
    withAdmin(url, (admin) => work(admin, url)).catch((error: unknown) => {
      throw mongoProblem(error);
    }),
});

/** The server of the tenants' databases, by the worker's login. */
export const CHECKS: Group<Name> = {
  title: 'MongoDB',
  checks: [
    check('connection', [], async (admin, url) =>
      ok(`user ${(await whoAmI(admin)).authenticatedUsers[0]?.user ?? 'unknown: no login'} at ${mongoHosts(url)}`),
    ),
    check('provisioner', ['mongodb.connection'], checkProvisioner),
    check('version', ['mongodb.connection'], async (admin) =>
      versionFinding(VERSIONS, String((await admin.command({ buildInfo: 1 }))['version'])),
    ),
    check('clock', ['mongodb.connection'], (admin) =>
      compareClocks(async () => {
        const { localTime } = await admin.command({ hello: 1 });
        return localTime instanceof Date ? { at: localTime.getTime(), precisionMs: 1 } : undefined;
      }),
    ),
  ],
};

const whoAmI = async (admin: Db): Promise<Me['authInfo']> =>
  ((await admin.command({ connectionStatus: 1, showPrivileges: true })) as unknown as Me).authInfo;

async function checkProvisioner(admin: Db): Promise<Finding> {
  const { authenticatedUserRoles: roles, authenticatedUserPrivileges: privileges } = await whoAmI(admin);
  const { missing, surplus } = differences(privileges);
  const wrong = [
    ...(roles.length > 1
      ? [
          `has the roles ${roles
            .map(({ role }) => role)
            .toSorted()
            .join(', ')}`,
        ]
      : []),
    ...missing.map((it) => `may not ${it}`),
    ...surplus.map((it) => `may ${it}, which it needn't`),
  ];
  return faults(
    wrong,
    'Set MONGODB_OWNER_URL and repeat: freeflow setup backends',
    'has exactly the privileges of the table, and no others',
  );
}
