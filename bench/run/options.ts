import { parseArgs } from 'node:util';
import type { Scenario } from './bench';

const LATEST = 'docs/performance/latest.json';

export interface Options {
  isQuick: boolean;
  /** Of these scenarios; all that belong to the form of the run where none is named. */
  only: string[];
  /** How often everything is measured, in place of the usual. */
  n: number | undefined;
  dir: string;
  json: string;
  temporalAddress: string | undefined;
  isPageOnly: boolean;
}

type Named = Pick<Scenario, 'name' | 'title' | 'isLongOnly'>;

export const usageOf = (scenarios: readonly Named[]): string => `Usage: npm run bench -- [options]

Measures how fast the product is, beside a bare script that makes the same calls on the same servers, and writes all figures as
JSON. Without --json that is ${LATEST}, and docs/performance.md is written from it with its plots.

  --quick            within five minutes; without it about half an hour
  --only a,b         these scenarios alone (figures of the others stay as they are)
  --n 3              measure everything so often, in place of the usual: to try out a change of the benchmark
  --dir .freeflow    the stack whose servers are used; started here for the run where none runs
  --json PATH        where the figures go
  --temporal ADDRESS another Temporal for the scenario \`engine\`, such as one on PostgreSQL
  --page             write the page from the figures that are there, and measure nothing
  --help

Scenarios (* not in --quick):
${scenarios.map(({ name, title, isLongOnly }) => `  ${name.padEnd(12)} ${isLongOnly === true ? '* ' : '  '}${title}`).join('\n')}

The product's processes have a master database of their own, which is dropped at the end with all tenants, also on Ctrl-C. Use a
machine that does nothing else. Figures of different runs or machines are not comparable; ratios within one run are.`;

export class UsageError extends Error {}

/**
 * @returns nothing where help is wanted
 * @throws UsageError
 */
export function readOptions(args: readonly string[], scenarios: readonly Named[]): Options | undefined {
  const { values } = parse(args);
  if (values.help === true) return undefined;
  const only = values.only?.split(',').filter((it) => it !== '') ?? [];
  const unknown = only.filter((it) => !scenarios.some(({ name }) => name === it));
  if (unknown.length > 0)
    throw new UsageError(
      `There is no scenario ${unknown.join(', ')}. There are: ${scenarios.map((it) => it.name).join(', ')}`,
    );
  return {
    isQuick: values.quick === true,
    only,
    n: values.n === undefined ? undefined : readCount(values.n),
    dir: values.dir ?? '.freeflow',
    json: values.json ?? LATEST,
    temporalAddress: values.temporal,
    isPageOnly: values.page === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string' },
        n: { type: 'string' },
        dir: { type: 'string' },
        json: { type: 'string' },
        temporal: { type: 'string' },
        page: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}. See: npm run bench -- --help`);
  }
}

function readCount(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError('--n takes a whole number from 1 on');
  return Number(text);
}
