import { errorCode } from '@freeflow/lib/pg';
import type { ClientBase } from 'pg';
import type { Statement } from './statements';

const UNIQUE_VIOLATION = '23505';

const KEPT_SMALL: ReadonlySet<string> = new Set(['ReconcileReport', 'PooledResource', 'Webhook']);

/** What a statement reads, by the plan that PostgreSQL has carried out. */
export interface Reading {
  /**
   * The tables that are read from their first row to their last; but for the reports, the pool and webhooks, of
   * which a fixed number is kept.
   */
  readWhole: string[];
  /** How many rows of tables and entries of indexes were looked at, and how many of these were of no use. */
  rows: number;
}

/** A node of a plan in JSON, as far as it is needed. */
export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

/**
 * Carries a statement out, finds how it reads, and takes back what it has changed. An insert that has been made is only
 * planned.
 */
export async function explainReading(owner: ClientBase, statement: Statement): Promise<Reading> {
  try {
    return await explain(owner, 'ANALYZE, TIMING OFF', statement);
  } catch (error) {
    if (errorCode(error) !== UNIQUE_VIOLATION) throw error;
    return explain(owner, 'COSTS OFF', statement);
  }
}

const NESTED = {
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_level': 'notice',
};

/**
 * The same of a statement that calls a function: each that the function carries out is told by the server, as the
 * session that carries it out plans it.
 * @param owner a session of a superuser
 */
export async function explainNested(owner: ClientBase, { text, values }: Statement): Promise<Reading[]> {
  const readings: Reading[] = [];
  const listen = ({ message = '' }: { message?: string | undefined }) => {
    const [, plan] = /^duration: [\d.]+ ms {2}plan:\n([\s\S]+)$/.exec(message) ?? [];
    if (plan !== undefined) readings.push(readingOf((JSON.parse(plan) as { Plan: PlanNode }).Plan));
  };
  await owner.query("LOAD 'auto_explain'");
  await owner.query('BEGIN');
  owner.on('notice', listen);
  try {
    for (const [setting, value] of Object.entries(NESTED)) await owner.query(`SET LOCAL ${setting} = '${value}'`);
    await owner.query(text, values);
  } finally {
    await owner.query('ROLLBACK');
    owner.off('notice', listen);
  }
  return readings;
}

async function explain(owner: ClientBase, options: string, { text, values }: Statement): Promise<Reading> {
  await owner.query('BEGIN');
  try {
    const { rows } = await owner.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `EXPLAIN (${options}, FORMAT JSON) ${text}`,
      values,
    );
    return readingOf(rows[0]?.['QUERY PLAN'][0].Plan);
  } finally {
    await owner.query('ROLLBACK');
  }
}

/** What a plan that was carried out has read. */
export function readingOf(plan: PlanNode | undefined): Reading {
  const nodes = plan === undefined ? [] : flatten(plan);
  const scans = nodes.filter((it) => it['Node Type'].endsWith('Scan') && it['Relation Name'] !== undefined);
  return {
    readWhole: scans
      .filter((it) => it['Node Type'] === 'Seq Scan' && !KEPT_SMALL.has(it['Relation Name'] ?? ''))
      .map((it) => it['Relation Name'] ?? ''),
    rows: Math.round(scans.reduce((sum, it) => sum + rowsReadBy(it), 0)),
  };
}

const flatten = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flatten)];

const rowsReadBy = (node: PlanNode): number =>
  (node['Actual Loops'] ?? 0) *
  ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0));
