import { type Db, MongoServerError } from 'mongodb';
import { reasonOf } from '../../provisioner/errors';
import type { Outcome, Password } from '../../provisioner/outcome';
import { canLogIn, checkMongo, mongoProblem, withAdmin, withLogin } from './client';
import { ensureRole } from './role';

export interface MongoSetUp {
  /** With an owner's credentials: one that may make users and roles. */
  ownerUrl: string;
  name: { user: string; role: string };
  password: Password;
}

/** The newer of two hashes alone; hashing for both takes longer. */
const MECHANISMS = { mechanisms: ['SCRAM-SHA-256'] };

/** A role, a user of that name is there already. */
const MADE_MEANWHILE: unknown[] = [51002, 51003];

interface UserInfo {
  roles: { role: string; db: string }[];
}

/**
 * Makes the provisioner, a user with a role of its own and no other, or repairs what was changed about it.
 * @throws SetUpError
 */
export async function setUpMongo(wanted: MongoSetUp): Promise<Outcome> {
  try {
    // Another set-up, as of another stack on the same server, may create them at the same moment: then there is nothing
    // left to create.
    return await setUpOnce(wanted).catch((error: unknown) => {
      if (error instanceof MongoServerError && MADE_MEANWHILE.includes(error.code)) return setUpOnce(wanted);
      throw error;
    });
  } catch (error) {
    throw mongoProblem(error);
  }
}

const setUpOnce = ({ ownerUrl, name, password }: MongoSetUp): Promise<Outcome> =>
  withAdmin(ownerUrl, async (admin) => {
    const role = await ensureRole(admin, name.role);
    const found = await userOf(admin, name.user);
    const isNew = found === undefined;
    const logIn = withLogin(ownerUrl, name.user, password.value);
    const isChanged = !isNew && password.isForced && !(await canLogIn(logIn));
    const did = isNew ? await makeUser(admin, name, password.value) : await repairRoles(admin, name, found);
    if (isChanged) await admin.command({ updateUser: name.user, pwd: password.value, ...MECHANISMS });
    const isKnown = isNew || password.isForced;
    return {
      did: [...role, ...did, ...(isChanged ? [`user ${name.user} has the password given`] : [])],
      warnings: isKnown ? await refusals(logIn, name.user) : [],
      password: isKnown ? password.value : undefined,
    };
  });

async function userOf(admin: Db, user: string): Promise<UserInfo | undefined> {
  const { users } = (await admin.command({ usersInfo: { user, db: 'admin' } })) as { users?: UserInfo[] };
  return users?.[0];
}

async function makeUser(admin: Db, { user, role }: MongoSetUp['name'], pwd: string): Promise<string[]> {
  await admin.command({ createUser: user, pwd, roles: [{ role, db: 'admin' }], ...MECHANISMS });
  return [`user ${user} created, with that role`];
}

async function repairRoles(admin: Db, { user, role }: MongoSetUp['name'], { roles }: UserInfo): Promise<string[]> {
  const [lacks, others] = [
    !roles.some((it) => it.role === role && it.db === 'admin'),
    roles.filter((it) => it.role !== role || it.db !== 'admin'),
  ];
  if (!lacks && others.length === 0) return [];
  await admin.command({ updateUser: user, roles: [{ role, db: 'admin' }] });
  return [
    ...(lacks ? [`user ${user} has its role again`] : []),
    ...others.map((it) => `user ${user} has no longer the role ${it.role} of ${it.db}`),
  ];
}

/** Seen by logging in. */
const refusals = (url: string, user: string): Promise<string[]> =>
  checkMongo(url).then(
    () => [],
    (error: unknown) => [`user ${user} can't log in from here: ${reasonOf(error)}`],
  );
