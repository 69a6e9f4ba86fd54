import type { StackInfo } from '@freeflow/contract/stack-info';
import { MongoClient } from 'mongodb';
import { Client } from 'pg';
import { z } from 'zod';
import { asKeycloakAdmin } from '../../test/support/outside';
import { call } from './http';

/** The versions of the backends by their own word; one that does not tell its own is `unknown`. */
export async function readServerVersions(info: StackInfo): Promise<Record<string, string>> {
  const readers = {
    PostgreSQL: () => postgresVersion(info),
    MongoDB: () => mongoVersion(info),
    Qdrant: () => qdrantVersion(info),
    Keycloak: () => keycloakVersion(info),
  };
  const versions = await Promise.all(
    Object.entries(readers).map(async ([title, read]) => [title, await read().catch(() => 'unknown')] as const),
  );
  return Object.fromEntries(versions);
}

async function postgresVersion({ postgres }: StackInfo): Promise<string> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version ?? 'unknown';
  } finally {
    await client.end();
  }
}

async function mongoVersion({ mongodb }: StackInfo): Promise<string> {
  const client = new MongoClient(mongodb.url);
  try {
    return z.object({ version: z.string() }).parse(await client.db('admin').command({ buildInfo: 1 })).version;
  } finally {
    await client.close();
  }
}

async function qdrantVersion({ qdrant }: StackInfo): Promise<string> {
  const answer = await call('GET', qdrant.url, { 'api-key': qdrant.apiKey });
  return z.object({ version: z.string() }).parse(answer).version;
}

async function keycloakVersion(info: StackInfo): Promise<string> {
  const { body } = await asKeycloakAdmin(info, 'GET', '/admin/serverinfo');
  return z.object({ systemInfo: z.object({ version: z.string() }) }).parse(body).systemInfo.version;
}
