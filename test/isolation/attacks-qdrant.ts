import { partsOf, type Attack, type Matrix } from './attack';
import { FORGED } from './attacks-qdrant-forged';
import { BY_GRPC, RIGHTS_BY_GRPC } from './attacks-qdrant-grpc';
import { QDRANT_LIMITS } from './limits-qdrant';
import { VECTOR } from './qdrant-reach';

const AS = 'its token';
const DENIED = '403';

/** What depends on the names of the attacker's collection and the other's. */
type Named<T> = (own: string, other: string) => T;

const call = (
  what: string,
  method: string,
  path: Named<string>,
  body: object | Named<object> | undefined,
  answer = DENIED,
): Attack => ({
  what,
  as: AS,
  answer,
  run: ({ qdrant: by }, { qdrant: { collection: theirs } }) =>
    by.run(method, path(by.collection, theirs), typeof body === 'function' ? body(by.collection, theirs) : body),
});

/** A call on a collection of another party, below its path. */
const on = (whose: string, nameOf: Named<string>) => (what: string, method: string, below: string, body?: object) =>
  call(`${what} ${whose}`, method, (own, other) => `/collections/${nameOf(own, other)}${below}`, body);

const other = on('the other', (_, it) => it);
const POINT = { points: [{ id: 9, vector: VECTOR }] };

const ON_THE_OTHER = [
  other('read the settings of', 'GET', ''),
  other('ask for the existence of', 'GET', '/exists'),
  other('scroll through', 'POST', '/points/scroll', { limit: 1 }),
  other('read a point of', 'GET', '/points/1'),
  other('search in', 'POST', '/points/search', { vector: VECTOR, limit: 1 }),
  other('query', 'POST', '/points/query', { query: VECTOR, limit: 1 }),
  other('recommend from', 'POST', '/points/recommend', { positive: [1], limit: 1 }),
  other('count the points of', 'POST', '/points/count', {}),
  other('count the values of', 'POST', '/facet', { key: 'seed_data' }),
  other('write a point to', 'PUT', '/points?wait=true', POINT),
  other('change the payload of', 'POST', '/points/payload?wait=true', { payload: { seed_data: 'gone' }, points: [1] }),
  other('delete points of', 'POST', '/points/delete?wait=true', { points: [1] }),
  other('change many points at once of', 'POST', '/points/batch?wait=true', {
    operations: [{ clear_payload: { points: [1] } }],
  }),
  other('make an index in', 'PUT', '/index?wait=true', { field_name: 'seed_data', field_schema: 'keyword' }),
  other('re-configure', 'PATCH', '', { params: { on_disk_payload: false } }),
  other('delete', 'DELETE', ''),
  other('list the aliases of', 'GET', '/aliases'),
  other('list the snapshots of', 'GET', '/snapshots'),
  other('take a snapshot of', 'POST', '/snapshots'),
  other('take and download a snapshot of the shard of', 'GET', '/shards/0/snapshot'),
  other('put a snapshot of its own in place of', 'PUT', '/snapshots/recover', {
    location: 'http://127.0.0.1:1/attack.snapshot',
  }),
  other('see the shards of', 'GET', '/cluster'),
  call(
    'make an alias of the other',
    'POST',
    () => '/collections/aliases',
    (_, it) => ({ actions: [{ create_alias: { collection_name: it, alias_name: 'freeflow_attack' } }] }),
  ),
];

const from = (_: string, collection: string) => ({ lookup_from: { collection } });
const through = (what: string, path: string, body: Named<object>) =>
  call(
    `read the other through its own collection: ${what}`,
    'POST',
    (own) => `/collections/${own}/points/${path}`,
    body,
  );

const THROUGH_ITS_OWN = [
  through('`lookup_from` of a recommendation', 'recommend', (...names) => ({
    positive: [1],
    limit: 1,
    ...from(...names),
  })),
  through('`lookup_from` of a query', 'query', (...names) => ({ query: 1, limit: 1, ...from(...names) })),
  through('`lookup_from` of a prefetch', 'query', (...names) => ({
    prefetch: [{ query: 1, ...from(...names) }],
    query: VECTOR,
    limit: 1,
  })),
  through('`lookup_from` of a discovery', 'discover', (...names) => ({ target: 1, limit: 1, ...from(...names) })),
  through('`with_lookup` of groups', 'query/groups', (_, collection) => ({
    query: VECTOR,
    group_by: 'seed_data',
    limit: 1,
    group_size: 1,
    with_lookup: { collection },
  })),
];

const onPlatforms = (name: string) => {
  const collection = on(`\`${name}\``, () => name);
  return [
    collection('read the settings of', 'GET', ''),
    collection('scroll through', 'POST', '/points/scroll', { limit: 1 }),
    collection('write a point to', 'PUT', '/points?wait=true', { points: [{ id: 9, vector: {} }] }),
    collection('delete points of', 'POST', '/points/delete?wait=true', { points: [9] }),
    collection('delete', 'DELETE', ''),
  ];
};

const own = on('its own collection', (it) => it);
const ON_ITSELF = [
  own('change the nonce (metadata) of', 'PATCH', '', { metadata: { freeflowNonce: 'mine' } }),
  own('re-configure', 'PATCH', '', { params: { on_disk_payload: false } }),
  own('delete', 'DELETE', ''),
  own('make a shard key in', 'PUT', '/shards', { shard_key: 'mine' }),
  own('move the shard of', 'POST', '/cluster', { move_shard: { shard_id: 0, from_peer_id: 1, to_peer_id: 2 } }),
  own('fetch a snapshot from an address into', 'PUT', '/snapshots/recover', {
    location: 'http://127.0.0.1:1/attack.snapshot',
  }),
  own('read a file of the server into', 'PUT', '/snapshots/recover', { location: 'file:///etc/passwd' }),
  call(
    'make an alias of its own collection',
    'POST',
    () => '/collections/aliases',
    (it) => ({ actions: [{ create_alias: { collection_name: it, alias_name: 'freeflow_attack' } }] }),
  ),
];

const server = (what: string, method: string, path: string, body?: object) => call(what, method, () => path, body);
const ON_THE_SERVER = [
  server('make a collection, as of a tenant to come', 'PUT', '/collections/freeflow_attack_vectors', {
    vectors: { size: 2, distance: 'Dot' },
  }),
  server('list full snapshots', 'GET', '/snapshots'),
  server('take a full snapshot', 'POST', '/snapshots'),
  server('download a full snapshot', 'GET', '/snapshots/attack.snapshot'),
  server('delete a full snapshot', 'DELETE', '/snapshots/attack.snapshot'),
  server('read the metrics', 'GET', '/metrics'),
  server('see the cluster', 'GET', '/cluster'),
  server('see the stacks of the server', 'GET', '/stacktrace'),
  server('see the slow requests', 'GET', '/profiler/slow_requests'),
  server('switch the log off', 'POST', '/logger', { log_level: 'OFF' }),
  server('clear the issues', 'DELETE', '/issues'),
];

const RIGHTS: readonly Attack[] = [
  call(
    'write a point of its own',
    'PUT',
    (it) => `/collections/${it}/points?wait=true`,
    { points: [{ id: 2, vector: VECTOR }] },
    '200',
  ),
  call(
    'search in its own collection',
    'POST',
    (it) => `/collections/${it}/points/search`,
    { vector: VECTOR, limit: 1 },
    '200',
  ),
  call(
    'make an index in its own collection',
    'PUT',
    (it) => `/collections/${it}/index?wait=true`,
    { field_name: 'own', field_schema: 'keyword' },
    '200',
  ),
  {
    what: 'list collections: its own is the only one',
    as: AS,
    answer: '(own)',
    run: async ({ qdrant: by }) => {
      const { collections } = (await by.result('GET', '/collections')) as { collections: { name: string }[] };
      return collections
        .map((it) => it.name)
        .join(', ')
        .replace(by.collection, '(own)');
    },
  },
  ...RIGHTS_BY_GRPC,
];

export const QDRANT: Matrix = {
  title: 'Qdrant',
  codes:
    '`200` done, `403` forbidden, `401` no valid token; by gRPC `0` done, `7` permission denied, `16` no valid token',
  parts: partsOf(
    RIGHTS,
    [
      ...ON_THE_OTHER,
      ...THROUGH_ITS_OWN,
      ...['freeflow_registry', 'freeflow_decoy'].flatMap(onPlatforms),
      ...ON_ITSELF,
      ...ON_THE_SERVER,
      ...FORGED,
      ...BY_GRPC,
    ],
    QDRANT_LIMITS,
  ),
};
