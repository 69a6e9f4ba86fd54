import { refuseTransactionPooling } from '@freeflow/lib/pg';
import { buildApp } from './app';
import { readApiConfig } from './config';

/** Requests under way have so long to end, then the process ends without them. */
const CLOSE_WITHIN_MS = 8_000;

async function main(): Promise<void> {
  const config = readApiConfig(process.env);
  await refuseTransactionPooling('MASTER_DATABASE_URL', config.MASTER_DATABASE_URL);
  const app = await buildApp(config, process.env);
  const stop = (signal: NodeJS.Signals) => {
    app.log.info({ signal }, 'the API stops');
    setTimeout(() => process.exit(1), CLOSE_WITHIN_MS).unref();
    void app.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await app.listen({ host: config.API_HOST, port: config.API_PORT });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
