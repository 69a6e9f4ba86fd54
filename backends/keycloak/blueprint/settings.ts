import { isWithin, type Difference } from '../../blueprint';
import { BackendFault } from '../../failures';
import { readRealm, updateRealm } from '../access';
import type { RealmRepresentation } from '../admin';
import { SMTP_PASSWORD, type RealmForm } from './form';
import type { RealmScope } from './scope';

export async function roleDifferences({ admin, target, form }: RealmScope): Promise<Difference[]> {
  const realm = target.name;
  const found = await Promise.all(
    form.roles.map(async ({ name, description }): Promise<Difference[]> => {
      const role = await admin.call(({ roles }) => roles.findOneByName({ realm, name }));
      if (role === undefined || role === null)
        return [
          {
            what: `role ${name} is missing`,
            mend: () =>
              admin.change(target, ({ roles }) => roles.create({ realm, name, description: description ?? '' })),
          },
        ];
      if (description === undefined || role.description === description) return [];
      return [
        {
          what: `role ${name} has another description`,
          mend: () =>
            admin.change(target, ({ roles }) => roles.updateByName({ realm, name }, { ...role, description })),
        },
      ];
    }),
  );
  return found.flat();
}

/** Themes, and how the realm sends mail. A password can't be read back: that it changed is not seen. */
export async function settingDifferences({
  admin,
  target,
  realm,
  form: { themes = {}, smtp },
  smtpPassword,
}: RealmScope): Promise<Difference[]> {
  const wanted: RealmRepresentation = {
    ...(themes.login === undefined ? {} : { loginTheme: themes.login }),
    ...(themes.account === undefined ? {} : { accountTheme: themes.account }),
    ...(themes.email === undefined ? {} : { emailTheme: themes.email }),
    ...(smtp === undefined ? {} : { smtpServer: smtpOf(smtp) }),
  };
  const { smtpServer, ...other } = wanted;
  const isMailSet = smtpServer === undefined || isWithin(smtpServer, realm.smtpServer ?? {});
  const hasPassword = smtp?.password === undefined || realm.smtpServer?.['password'] !== undefined;
  const differs = [
    ...Object.keys(other).filter((it) => realm[it as keyof RealmRepresentation] !== other[it as keyof typeof other]),
    ...(isMailSet && hasPassword ? [] : ['smtp']),
  ];
  if (differs.length === 0) return [];
  return [
    {
      what: `the realm has another ${differs.join(', ')}`,
      mend: async () => {
        const password = smtp?.password === undefined ? {} : { password: passwordOrFault(smtpPassword) };
        const changes = {
          ...other,
          ...(smtpServer === undefined ? {} : { smtpServer: { ...smtpServer, ...password } }),
        };
        await updateRealm(admin, target, await readRealm(admin, target.name), changes);
      },
    },
  ];
}

function passwordOrFault(password: string | undefined): string {
  if (password !== undefined) return password;
  throw new BackendFault(
    'blueprint-refused',
    `Keycloak: keycloak.json takes its password for SMTP from ${SMTP_PASSWORD}, which this worker is not given`,
  );
}

/** As Keycloak keeps it: all of it text. */
const smtpOf = ({
  host,
  port,
  from,
  fromDisplayName,
  ssl,
  starttls,
  user,
}: NonNullable<RealmForm['smtp']>): Record<string, string> => ({
  host,
  port: String(port),
  from,
  ssl: String(ssl),
  starttls: String(starttls),
  auth: String(user !== undefined),
  ...(fromDisplayName === undefined ? {} : { fromDisplayName }),
  ...(user === undefined ? {} : { user }),
});
