import { rewritePage } from './report/write-report';
import { readOptions, UsageError, usageOf } from './run/options';
import { runBench } from './run/run-bench';
import { SCENARIOS } from './scenarios';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), SCENARIOS);
  if (options === undefined) {
    console.log(usageOf(SCENARIOS));
    return;
  }
  if (options.isPageOnly) console.log(`Written from ${options.json}: ${rewritePage(options.json)}`);
  else process.exitCode = await runBench(options, process.env, (code) => process.exit(code));
}

main().then(
  // Drivers and the SDK may hold connections open that nobody needs any more.
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
