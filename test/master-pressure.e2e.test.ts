import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Operation } from './chaos/plan';
import { OPERATIONS } from './chaos/plan';
import { expectedOf, lookAfter } from './chaos/expected';
import { patient } from './chaos/patient';
import { openHouse, type House } from './house';
import { ask, ends, filled, type Subject } from './kill/operations';
import { PRESSURES } from './master-pressure';
import { newName } from './workbench';

const TENANTS = 3;
/** Then it is over, whatever has come of the operations. */
const LASTS_MS = 6_000;
const LIFE = ['create', 'suspend', 'resume', 'hard delete'];
const operations = LIFE.map((name) => OPERATIONS.find((it) => it.name === name) as Operation);
/** So that what a trouble parks goes on soon after it. */
const IMPATIENT = { PARKED_RETRY_MS: '2000', KEYCLOAK_CONCURRENCY: '4' };

let house: House | undefined;
afterEach(async () => {
  await house?.close();
  house = undefined;
});

const logsOf = ({ logDir }: House): string => readdirSync(logDir).filter((it) => it.endsWith('.log')).map((it) => readFileSync(path.join(logDir, it), 'utf8')).join('');

test.each(Object.entries(PRESSURES))('%s: no answer, status, ledger or log row is lost', async (_, { env = {}, leaves, begin }) => {
  const there = (house = patient(await openHouse({ api: env, worker: { ...IMPATIENT, ...env } })));
  let subjects: Subject[] = Array.from({ length: TENANTS }, () => ({ id: '', name: newName('m') }));
  for (const operation of operations) {
    const pressure = await begin(there);
    const isOver = delay(LASTS_MS).then(() => pressure.end());
    const ended = await Promise.all(subjects.map(async (it) => {
      const subject = await ask(there, operation.kind, it);
      return { subject, tenant: await ends(there, operation.kind, subject, 110_000) };
    }));
    await isOver;
    const seen = await Promise.all(ended.map(({ subject, tenant }) => lookAfter(there, operation, subject, tenant)));
    expect({ [operation.name]: seen }).toEqual({ [operation.name]: seen.map(() => expectedOf(operation)) });
    subjects = operation.kind === 'create' ? await Promise.all(ended.map(({ subject }) => filled(there, subject))) : ended.map((it) => it.subject);
  }
  const { rows } = await there.master.query<{ kind: string; count: string }>('SELECT kind, count(*) FROM "TenantOperation" GROUP BY kind ORDER BY kind::text');
  expect(rows).toEqual(['create', 'hard_delete', 'resume', 'suspend'].map((kind) => ({ kind, count: String(TENANTS) })));
  expect(logsOf(there)).toMatch(leaves);
}, 300_000);
