import type { Attack } from './attack';

const grpc = (
  what: string,
  as: string,
  method: string,
  whose: 'own' | 'other',
  answer: string,
  token?: string,
): Attack => ({
  what: `by gRPC: ${what}`,
  as,
  answer,
  run: ({ qdrant: by }, { qdrant: on }) => by.grpc(method, whose === 'own' ? by.collection : on.collection, token),
});

export const RIGHTS_BY_GRPC: readonly Attack[] = [
  grpc('scroll through its own collection', 'its token', 'Points/Scroll', 'own', 'gRPC 0'),
];

/** The other door of the same server, with the same tokens. */
export const BY_GRPC: readonly Attack[] = [
  grpc('scroll through the other', 'its token', 'Points/Scroll', 'other', 'gRPC 7'),
  grpc('count the points of the other', 'its token', 'Points/Count', 'other', 'gRPC 7'),
  grpc('read the settings of the other', 'its token', 'Collections/Get', 'other', 'gRPC 7'),
  grpc('take a snapshot of the other', 'its token', 'Snapshots/Create', 'other', 'gRPC 7'),
  grpc('delete the other', 'its token', 'Collections/Delete', 'other', 'gRPC 7'),
  grpc('delete its own collection', 'its token', 'Collections/Delete', 'own', 'gRPC 7'),
  grpc('scroll through the other', 'no token', 'Points/Scroll', 'other', 'gRPC 16', ''),
];
