import { isWithin, type Difference } from '../../blueprint';
import { BackendFault } from '../../failures';
import type { ClientRepresentation } from '../admin';
import type { RealmForm } from './form';
import type { RealmScope } from './scope';

type Mapper = RealmForm['clientScopes'][number]['protocolMappers'][number];
const PROTOCOL = 'openid-connect';
const toMapper = (it: Mapper) => ({ ...it, protocol: PROTOCOL });

export async function clientScopeDifferences({ admin, target, form }: RealmScope): Promise<Difference[]> {
  if (form.clientScopes.length === 0) return [];
  const realm = target.name;
  const all = await admin.call(({ clientScopes }) => clientScopes.find({ realm }));
  return form.clientScopes.flatMap(({ name, description = '', protocolMappers }): Difference[] => {
    const found = all.find((it) => it.name === name);
    const id = found?.id;
    if (found === undefined || id === undefined)
      return [
        {
          what: `client scope ${name} is missing`,
          mend: () =>
            admin.change(target, ({ clientScopes }) =>
              clientScopes.create({
                realm,
                name,
                description,
                protocol: PROTOCOL,
                protocolMappers: protocolMappers.map(toMapper),
              }),
            ),
        },
      ];
    return mapperDifferences(`client scope ${name}`, protocolMappers, found.protocolMappers ?? [], {
      add: (mapper) =>
        admin.change(target, ({ clientScopes }) => clientScopes.addProtocolMapper({ realm, id }, mapper)),
      update: (mapperId, mapper) =>
        admin.change(target, ({ clientScopes }) =>
          clientScopes.updateProtocolMapper({ realm, id, mapperId }, { id: mapperId, ...mapper }),
        ),
    });
  });
}

export async function clientDifferences(scope: RealmScope): Promise<Difference[]> {
  const found = await Promise.all(scope.form.clients.map((it) => oneClient(scope, it)));
  return found.flat();
}

async function oneClient(scope: RealmScope, form: RealmForm['clients'][number]): Promise<Difference[]> {
  const { admin, target } = scope;
  const { defaultClientScopes, optionalClientScopes, protocolMappers, ...given } = form;
  // What is left out is no field at all.
  const fields = given as ClientRepresentation & { clientId: string };
  const realm = target.name;
  const { clientId } = fields;
  const found = (await admin.call(({ clients }) => clients.find({ realm, clientId }))).find(
    (it) => it.clientId === clientId,
  );
  const linked: Linked = { defaultClientScopes, optionalClientScopes };
  const id = found?.id;
  if (found === undefined || id === undefined)
    return [
      {
        what: `client ${clientId} is missing`,
        mend: async () => {
          const made = await admin.change(target, ({ clients }) =>
            clients.create({ realm, ...fields, protocol: PROTOCOL, protocolMappers: protocolMappers.map(toMapper) }),
          );
          for (const it of await linkDifferences(scope, { clientId, id: made.id }, linked)) await it.mend();
        },
      },
    ];
  return [
    ...(isWithin(fields, found)
      ? []
      : [
          {
            what: `client ${clientId} has other settings`,
            mend: () =>
              admin.change(target, ({ clients }) =>
                clients.update(
                  { realm, id },
                  { ...found, ...fields, attributes: { ...found.attributes, ...fields.attributes } },
                ),
              ),
          },
        ]),
    ...mapperDifferences(`client ${clientId}`, protocolMappers, found.protocolMappers ?? [], {
      add: (mapper) => admin.change(target, ({ clients }) => clients.addProtocolMapper({ realm, id }, mapper)),
      update: (mapperId, mapper) =>
        admin.change(target, ({ clients }) =>
          clients.updateProtocolMapper({ realm, id, mapperId }, { id: mapperId, ...mapper }),
        ),
    }),
    ...(await linkDifferences(scope, found, linked)),
  ];
}

type Linked = Pick<RealmForm['clients'][number], 'defaultClientScopes' | 'optionalClientScopes'>;

/** Scopes are given to a client beside those that every client has. */
async function linkDifferences(
  { admin, target }: RealmScope,
  client: Pick<ClientRepresentation, 'id' | 'clientId' | 'defaultClientScopes' | 'optionalClientScopes'>,
  wanted: Linked,
): Promise<Difference[]> {
  const realm = target.name;
  const id = client.id ?? '';
  const lacking = [
    ...wanted.defaultClientScopes
      .filter((it) => client.defaultClientScopes?.includes(it) !== true)
      .map((name) => ({ name, isDefault: true })),
    ...wanted.optionalClientScopes
      .filter((it) => client.optionalClientScopes?.includes(it) !== true)
      .map((name) => ({ name, isDefault: false })),
  ];
  return lacking.map(({ name, isDefault }) => ({
    what: `client ${client.clientId ?? ''} has no scope ${name}`,
    mend: async () => {
      const all = await admin.call(({ clientScopes }) => clientScopes.find({ realm }));
      const clientScopeId = all.find((it) => it.name === name)?.id;
      if (clientScopeId === undefined)
        throw new BackendFault(
          'blueprint-refused',
          `Keycloak: keycloak.json names a client scope ${name}: there is none`,
        );
      await admin.change(target, ({ clients }) =>
        isDefault
          ? clients.addDefaultClientScope({ realm, id, clientScopeId })
          : clients.addOptionalClientScope({ realm, id, clientScopeId }),
      );
    },
  }));
}

interface Mend {
  add: (mapper: ReturnType<typeof toMapper>) => Promise<unknown>;
  update: (id: string, mapper: ReturnType<typeof toMapper>) => Promise<unknown>;
}

function mapperDifferences(
  of: string,
  wanted: readonly Mapper[],
  found: readonly { id?: string; name?: string; protocolMapper?: string; config?: unknown }[],
  { add, update }: Mend,
): Difference[] {
  return wanted.flatMap((mapper): Difference[] => {
    const there = found.find((it) => it.name === mapper.name);
    const id = there?.id;
    if (id === undefined)
      return [{ what: `mapper ${mapper.name} of ${of} is missing`, mend: () => add(toMapper(mapper)) }];
    return isWithin(mapper, there)
      ? []
      : [{ what: `mapper ${mapper.name} of ${of} has other settings`, mend: () => update(id, toMapper(mapper)) }];
  });
}
