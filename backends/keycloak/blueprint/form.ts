import { z } from 'zod';
import { problemsIn, type BlueprintForm } from '../../blueprint';
import { APP_CLIENT } from '../realm';

/** The variable of the worker that a password for SMTP is taken from: files hold no secret. */
export const SMTP_PASSWORD = 'KEYCLOAK_BLUEPRINT_SMTP_PASSWORD';

/** What a realm has by itself, and what the platform lives by. */
const OWN_CLIENTS = [
  APP_CLIENT,
  ...['account', 'account-console', 'admin-cli', 'broker', 'realm-management', 'security-admin-console'],
];
const OWN_ROLES = /^(tenant-admin|tenant-user|offline_access|uma_authorization|default-roles-.*)$/;

/** Those that put what is known already into a token; none runs a script. */
const MAPPERS = [
  'oidc-usermodel-attribute-mapper',
  'oidc-usermodel-property-mapper',
  'oidc-usermodel-realm-role-mapper',
  'oidc-usermodel-client-role-mapper',
  'oidc-group-membership-mapper',
  'oidc-full-name-mapper',
  'oidc-hardcoded-claim-mapper',
  'oidc-audience-mapper',
  'oidc-audience-resolve-mapper',
] as const;

const name = z.string().regex(/^[\w.:/-]{1,100}$/, 'must be 1 to 100 letters, digits and any of . _ : / -');
const text = z.string().max(255);
const uris = z.array(z.string().min(1).max(255)).max(50);

const mapper = z.strictObject({
  name,
  protocolMapper: z.enum(MAPPERS, `must be one of ${MAPPERS.join(', ')}`),
  config: z.record(z.string(), z.string()),
});

/** What a realm is to have; of what it leaves out nothing is changed. */
export const realmForm = z.strictObject({
  roles: z
    .array(
      z.strictObject({
        name: name.refine((it) => !OWN_ROLES.test(it), 'is a role that every realm has'),
        description: text.optional(),
      }),
    )
    .max(200)
    .default([]),
  clientScopes: z
    .array(z.strictObject({ name, description: text.optional(), protocolMappers: z.array(mapper).max(50).default([]) }))
    .max(50)
    .default([]),
  clients: z
    .array(
      z.strictObject({
        clientId: name.refine((it) => !OWN_CLIENTS.includes(it), 'is a client that every realm has'),
        name: text.optional(),
        description: text.optional(),
        publicClient: z.boolean().default(true),
        standardFlowEnabled: z.boolean().default(true),
        directAccessGrantsEnabled: z.boolean().default(false),
        rootUrl: text.optional(),
        baseUrl: text.optional(),
        redirectUris: uris.default([]),
        webOrigins: uris.default([]),
        attributes: z.record(z.string(), z.string()).default({}),
        protocolMappers: z.array(mapper).max(50).default([]),
        defaultClientScopes: z.array(name).max(50).default([]),
        optionalClientScopes: z.array(name).max(50).default([]),
      }),
    )
    .max(50)
    .default([]),
  themes: z.strictObject({ login: name.optional(), account: name.optional(), email: name.optional() }).optional(),
  smtp: z
    .strictObject({
      host: z.string().min(1).max(255),
      port: z.number().int().min(1).max(65_535).default(587),
      from: z.string().min(3).max(255),
      fromDisplayName: text.optional(),
      ssl: z.boolean().default(false),
      starttls: z.boolean().default(true),
      user: text.optional(),
      password: z.strictObject({ variable: z.literal(SMTP_PASSWORD, `must be ${SMTP_PASSWORD}`) }).optional(),
    })
    .refine(
      (it) => (it.user === undefined) === (it.password === undefined),
      'has a user without a password, or the other way round',
    )
    .optional(),
});

export type RealmForm = z.output<typeof realmForm>;

/** What a blueprint says of Keycloak: one file. */
export const BLUEPRINT_FORM: BlueprintForm = {
  paths: /^keycloak\.json$/,
  pathsShown: 'keycloak.json',
  isOnce: () => false,
  check: (file) => problemsIn(file, realmForm),
};
