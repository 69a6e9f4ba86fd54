// The schemas of the HTTP API.
export * from './audit';
export * from './event-stream';
export * from './event-view';
export * from './evidence';
export { EXAMPLES } from './examples';
export * from './fleet';
export * from './identity';
export * from './plans';
export * from './problem';
export * from './queries';
export * from './reconcile';
export * from './reveal';
export * from './tenant';
export * from './tenants-file';
export * from './text';
export * from './usage';
export * from './webhooks';
