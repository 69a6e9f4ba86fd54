import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const alertRule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
});
const recordingRule = z.strictObject({ record: z.string(), expr: z.string() });
const ruleFile = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(z.union([alertRule, recordingRule])) })),
});

export type AlertRule = z.output<typeof alertRule>;
export type RecordingRule = z.output<typeof recordingRule>;

/** The rules in a folder, as they are written. */
export function readRules(folder: string): { alerts: AlertRule[]; records: RecordingRule[] } {
  const rules = readdirSync(folder)
    .filter((it) => it.endsWith('.yaml'))
    .flatMap((it) => ruleFile.parse(parse(readFileSync(path.join(folder, it), 'utf8'))).groups)
    .flatMap((it) => it.rules);
  return {
    alerts: rules.filter((it): it is AlertRule => 'alert' in it),
    records: rules.filter((it): it is RecordingRule => 'record' in it),
  };
}
