import { measureProcess } from '@freeflow/lib/metrics';
import { refuseTransactionPooling } from '@freeflow/lib/pg';
import { CRASH_SIGNALS } from '@freeflow/lib/shutdown';
import { saveCompileCache } from '@freeflow/lib/start';
import { startTracing } from '@freeflow/lib/tracing-sdk';
import closeWithGrace from 'close-with-grace';
import { buildApp } from './app';
import { CLOSE_WITHIN_MS, readApiConfig } from './config';

async function main(): Promise<void> {
  const config = readApiConfig(process.env);
  measureProcess('api');
  await refuseTransactionPooling('MASTER_DATABASE_URL', config.MASTER_DATABASE_URL);
  const tracing = startTracing('freeflow-api', config, { warn: (...line) => app.log.warn(...line) });
  const app = await buildApp(config, process.env);
  closeWithGrace({ delay: CLOSE_WITHIN_MS, logger: app.log, skip: CRASH_SIGNALS }, async ({ signal, err }) => {
    if (err === undefined) app.log.info({ signal }, 'the API stops');
    else app.log.fatal({ err }, 'the API stops on an uncaught error');
    await app.close();
    await tracing.stop();
  });
  await app.listen({ host: config.API_HOST, port: config.API_PORT });
  saveCompileCache();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
