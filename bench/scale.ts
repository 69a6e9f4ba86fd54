import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { projectRoot } from '../stack/project';
import { readStackInfo } from '../stack/stack-info';
import { listRoutes } from '../test/support/reading-routes';
import { openCalls, type Calls } from './scale/calls';
import { openScaleDatabase, type ScaleDatabase } from './scale/database';
import { measureIdleCost } from './scale/idle';
import { compareTimes } from './scale/measure';
import { FIGURES, sectionOf, writeReport, type ScaleReport } from './scale/report';
import { logPlans, readingsDuring } from './scale/server-log';

const USAGE = `Usage: npm run bench:scale -- [--tenants 100000] [--rounds 100] [--idle 60] [--dir .freeflow] [--out ${FIGURES}]

Fills two master databases of its own on the PostgreSQL of a running stack, one with 1,000 tenants and one with many, and measures what the API and
the worker read there: times, rows, and which tables are read from their first row to their last. Writes the figures as JSON, and the
section "Many tenants" of docs/performance.md. Needs some 3 GB of disk and ten minutes for 100,000; drops the databases at the end.`;

const FEW = 1_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      tenants: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '100' },
      idle: { type: 'string', default: '60' },
      dir: { type: 'string', default: '.freeflow' },
      out: { type: 'string', default: FIGURES },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(USAGE);
    return;
  }
  const info = readStackInfo(values.dir);
  const loadBefore = loadavg()[0] ?? 0;
  const databases: ScaleDatabase[] = [];
  try {
    for (const tenants of [FEW, Number(values.tenants)]) {
      note(`filling a master database with ${tenants} tenants`);
      databases.push(await openScaleDatabase(info, tenants));
    }
    const [few, many] = databases as [ScaleDatabase, ScaleDatabase];
    const times = await measureTimes(info, few, many, Number(values.rounds));
    await logPlans(info, many);
    const { byName, filters } = await measureReading(info, many);
    note(`watching an idle worker for ${values.idle} s`);
    const idle = await measureIdleCost(info, many, Number(values.idle));
    const report: ScaleReport = {
      measuredAt: new Date().toISOString(),
      command: `npm run bench:scale -- --tenants ${values.tenants} --rounds ${values.rounds}`,
      machine: describeMachine(loadBefore),
      node: process.versions.node,
      postgres: await versionOf(many),
      commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: projectRoot(), encoding: 'utf8' }).trim(),
      few: few.tenants,
      many: many.tenants,
      rounds: Number(values.rounds),
      calls: times.map((it) => ({ ...it, ...(byName.get(it.name) ?? { rows: 0, tablesReadWhole: [] }) })),
      filters,
      idle,
    };
    writeReport(report, values.out);
    console.log(sectionOf(report));
  } finally {
    for (const it of databases) await it.drop();
  }
}

async function measureTimes(info: StackInfo, few: ScaleDatabase, many: ScaleDatabase, rounds: number) {
  const [small, large] = [await openCalls(info, few), await openCalls(info, many)];
  try {
    const times = [];
    for (const [name, call] of small.byName) {
      const other = large.byName.get(name);
      if (other === undefined) continue;
      note(`measuring ${name}`);
      times.push({ name, ...(await compareTimes(rounds, call, other)) });
    }
    return times;
  } finally {
    await Promise.all([small.close(), large.close()]);
  }
}

interface Read {
  rows: number;
  tablesReadWhole: string[];
}

/** In sessions of their own, whose statements are written down: that takes time. */
async function measureReading(info: StackInfo, many: ScaleDatabase) {
  const calls = await openCalls(info, many);
  const readBy = async (call: () => Promise<unknown>): Promise<Read> => {
    const readings = await readingsDuring(info, many, call);
    return {
      rows: readings.reduce((sum, it) => sum + it.rows, 0),
      tablesReadWhole: [...new Set(readings.flatMap((it) => it.readWhole))],
    };
  };
  try {
    const byName = new Map<string, Read>();
    for (const [name, call] of calls.byName) byName.set(name, await readBy(call));
    return { byName, filters: await measureFilters(calls, readBy) };
  } finally {
    await calls.close();
  }
}

async function measureFilters(calls: Calls, readBy: (call: () => Promise<unknown>) => Promise<Read>) {
  const routes = listRoutes(calls.sample, true);
  note(`reading the plans of ${routes.length} lists`);
  const reads: (Read & { route: string })[] = [];
  for (const route of routes) reads.push({ route, ...(await readBy(() => calls.get(route))) });
  const [most] = reads.toSorted((a, b) => b.rows - a.rows);
  return {
    combinations: routes.length,
    mostRows: most?.rows ?? 0,
    route: most?.route.replace(/cursor=[^&]+/, 'cursor=…') ?? '',
    tablesReadWhole: [...new Set(reads.flatMap((it) => it.tablesReadWhole))],
  };
}

const describeMachine = (loadBefore: number): ScaleReport['machine'] => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  loadBefore,
});

async function versionOf({ owner }: ScaleDatabase): Promise<string> {
  const { rows } = await owner.query<{ server_version: string }>('SHOW server_version');
  return rows[0]?.server_version ?? 'unknown';
}

const note = (what: string): void => console.error(what);

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
