import { readFile } from 'node:fs/promises';
import { ErrorTolerantClient, MASTER_SETTINGS, type ErrorTolerantClientConfig } from '@freeflow/lib/pg';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, DriverAdapterError } from '@prisma/driver-adapter-utils';
import type * as EngineModule from '@prisma/schema-engine-wasm/schema_engine_bg' with { 'resolution-mode': 'import' };
import { DatabaseError, Pool, type PoolConfig } from 'pg';
import { SCHEMA_FILE } from './migration-files';

const ENGINE_MODULE = '@prisma/schema-engine-wasm/schema_engine_bg';
/** A migration that waits for a table holds up everybody behind it; better it fails and is tried again. */
const LOCK_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Runs `work` with Prisma's own schema engine, as WebAssembly: what `prisma migrate deploy` runs natively after
 * downloading it. It writes the same `_prisma_migrations` rows, so either can go on where the other stopped.
 */
export async function withSchemaEngine<T>(
  url: string,
  work: (engine: EngineModule.SchemaEngine) => Promise<T>,
): Promise<T> {
  const config: ErrorTolerantClientConfig & PoolConfig = {
    connectionString: url,
    Client: ErrorTolerantClient,
    application_name: 'freeflow-setup',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    settings: { ...MASTER_SETTINGS, lock_timeout: LOCK_TIMEOUT_MS },
  };
  const pool = new Pool(config);
  try {
    const engine = await startEngine(pool);
    return await work(engine).finally(() => engine.free());
  } finally {
    await pool.end();
  }
}

/** Loaded once: its glue code keeps the one WebAssembly instance it works on in a variable of its module. */
let loading: Promise<typeof EngineModule> | undefined;

async function startEngine(pool: Pool): Promise<EngineModule.SchemaEngine> {
  const { SchemaEngine: Engine } = await (loading ??= loadEngine());
  const datamodel: [string, string] = ['schema.prisma', await readFile(SCHEMA_FILE, 'utf8')];
  // The callback receives the engine's log lines; errors come as exceptions.
  return Engine.new(
    { datamodels: [datamodel] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(new WholeScriptAdapter(pool)),
  );
}

async function loadEngine(): Promise<typeof EngineModule> {
  const engineModule = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const wasm = await readFile(require.resolve(ENGINE_MODULE).replace(/\.js$/, '.wasm'));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), {
    './schema_engine_bg.js': withIdleTimers(engineModule),
  });
  engineModule.__wbg_set_wasm(exports);
  initialise(exports['__wbindgen_start']);
  return engineModule;
}

/**
 * The engine waits at most 10 s for Prisma's advisory lock and never takes that timer back, which would keep the
 * process alive for as long after all is done.
 */
function withIdleTimers(engineModule: object): Record<string, unknown> {
  const startTimer = (callback: () => void, ms: number): NodeJS.Timeout => setTimeout(callback, ms).unref();
  const replaced = Object.entries(engineModule).map(([name, value]) => [
    name,
    name.startsWith('__wbg_setTimeout_') ? startTimer : value,
  ]);
  return Object.fromEntries(replaced);
}

function initialise(wasmStart: unknown): void {
  if (typeof wasmStart !== 'function') throw new TypeError('The schema engine has no __wbindgen_start.');
  wasmStart();
}

/**
 * The stock adapter cuts a script at every semicolon, also within strings and function bodies, and runs the pieces one
 * by one. Sent whole, as the native engine does, a script runs in one implicit transaction: a migration that fails
 * leaves nothing behind.
 */
class WholeScriptAdapter extends PrismaPg {
  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    adapter.executeScript = async (script) => {
      await adapter.underlyingDriver().query(script).catch(rethrowAsPlain);
    };
    return adapter;
  }
}

/**
 * The engine knows some SQLSTATEs, takes them for what its own queries would mean by them, and its words then mislead.
 * With the code in the text only, it quotes the server.
 */
function rethrowAsPlain(error: unknown): never {
  if (!(error instanceof DatabaseError)) throw error;
  const { code = '', severity = 'ERROR', message, detail, column, hint } = error;
  throw new DriverAdapterError({
    kind: 'postgres',
    code: '',
    severity,
    message: `${message} (${code})`,
    detail,
    column,
    hint,
  });
}
