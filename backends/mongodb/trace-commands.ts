import { beginCall, type EndCall } from '@freeflow/lib/tracing';
import type { MongoClient } from 'mongodb';

/**
 * Makes a span of each command, where the client tells of them (`monitorCommands`):
 * https://www.mongodb.com/docs/drivers/node/current/monitoring/#monitor-commands. Of a command its name alone.
 */
export function traceCommands(client: MongoClient): MongoClient {
  const open = new Map<number, EndCall>();
  const end = (requestId: number, failure?: string) => {
    open.get(requestId)?.(failure);
    open.delete(requestId);
  };
  client.on('commandStarted', ({ requestId, commandName, databaseName }) => {
    const call = beginCall(commandName, {
      'db.system.name': 'mongodb',
      'db.namespace': databaseName,
      'db.operation.name': commandName,
    });
    if (call !== undefined) open.set(requestId, call);
  });
  client.on('commandSucceeded', ({ requestId }) => end(requestId));
  client.on('commandFailed', ({ requestId, failure }) => end(requestId, failureOf(failure)));
  return client;
}

/** The server's number of an error, or the driver's name of it. */
const failureOf = (error: Error): string => ('code' in error ? String(error.code) : error.name);
