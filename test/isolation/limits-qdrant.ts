import type { Attack } from './attack';
import type { TenantSession } from './tenant-session';

const AS = 'its token';

const look = (
  what: string,
  answer: string,
  run: (by: TenantSession['qdrant'], on: TenantSession['qdrant']) => Promise<string>,
): Attack => ({ what, as: AS, answer, run: (by, on) => run(by.qdrant, on.qdrant) });

export const QDRANT_LIMITS: readonly Attack[] = [
  look('read `/telemetry`: figures of server and machine', 'app, collections, hardware, id', async (by) => {
    const telemetry = (await by.result('GET', '/telemetry?details_level=10')) as Record<string, unknown>;
    return Object.keys(telemetry).sort().join(', ');
  }),
  look('read `/telemetry`: collections, its own alone, in number as well', '1: (own)', async (by) => {
    const {
      collections: { number_of_collections: count, collections },
    } = (await by.result('GET', '/telemetry?details_level=10')) as {
      collections: { number_of_collections: number; collections: { id: string }[] };
    };
    return `${count}: ${collections.map((it) => it.id).join(', ')}`.replace(by.collection, '(own)');
  }),
  look(
    "see the other's name in `/telemetry`, and how often it has taken a snapshot",
    'id, running_snapshot_recovery, running_snapshots, total_snapshot_creations',
    async (by, on) => {
      const { collections } = (await by.result('GET', '/telemetry?details_level=10')) as {
        collections: { snapshots: { id: string }[] };
      };
      return collections.snapshots
        .filter((it) => it.id === on.collection)
        .flatMap((it) => Object.keys(it))
        .sort()
        .join(', ');
    },
  ),
  look("see the other's name anywhere else in `/telemetry`", 'nowhere', async (by, on) => {
    const {
      collections: { snapshots: _, ...collections },
      ...rest
    } = (await by.result('GET', '/telemetry?details_level=10')) as { collections: { snapshots: unknown } };
    return JSON.stringify({ ...rest, collections }).includes(on.collection) ? 'somewhere' : 'nowhere';
  }),
  look('read `/issues`: those of its own collection', '200', (by) => by.run('GET', '/issues')),
  look("see the server's version", '200', (by) => by.run('GET', '/')),
  look(
    'take, read and delete a snapshot of its own collection, on the disk of the server',
    '200, 200, 200',
    async (by) => {
      const snapshots = `/collections/${by.collection}/snapshots`;
      const { name } = (await by.result('POST', snapshots)) as { name: string };
      const read = await by.run('GET', `${snapshots}/${name}`);
      return ['200', read, await by.run('DELETE', `${snapshots}/${name}`)].join(', ');
    },
  ),
];
