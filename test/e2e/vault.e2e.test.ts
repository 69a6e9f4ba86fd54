import { BACKEND_KINDS } from '@freeflow/contract';
import { EXAMPLES } from '@freeflow/contract/http';
import { newName } from '../support/activity-harness';
import { freeflow, envOf, secretsIn } from '../support/freeflow';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { pathsIn, startVault, type OwnVault } from '../support/own-vault';
import { tryConnection, type Connected } from '../support/steady-clients';
import { askFor, createTenant, operationEnds, tenantOf } from '../support/tenants';
import { until } from '../support/until';

// The product with a vault, of which each suite of its own tries more: lib/vault, lib/secrets, cli/secrets.

let vault: OwnVault;
let installation: TestInstallation;
const name = newName('v');
let id: string;

beforeAll(async () => {
  vault = await startVault();
  installation = await openTestInstallation({ worker: { ...vault.env, SWEEP_INTERVAL_MS: '1000' } });
  ({ id } = await createTenant(installation, name));
});
afterAll(async () => {
  await installation.close();
  await vault.stop();
});

const cli = (args: string[], login = vault.reader, url = vault.url) =>
  freeflow(args, {
    ...envOf(installation),
    VAULT_ADDR: url,
    VAULT_ROLE_ID: login.roleId,
    VAULT_SECRET_ID: login.secretId,
  });

test('a tenant lives with all its secrets in the vault: nothing of them is in the master database', async () => {
  expect(await tenantOf(installation, id)).toMatchObject({ status: 'active' });
  const { rows } = await installation.master.query(
    'SELECT "vaultRef", "keyId", ciphertext FROM "TenantSecret" WHERE "tenantId" = $1',
    [id],
  );
  expect(rows).toHaveLength(5);
  expect((await pathsIn(vault)).map((it) => `vault://secret/${it}?v=1`).toSorted()).toEqual(
    rows.map((it: { vaultRef: string }) => it.vaultRef).toSorted(),
  );
  expect(rows.every((it: { keyId: unknown; ciphertext: unknown }) => it.keyId === null && it.ciphertext === null)).toBe(
    true,
  );
  const { body } = await installation.request('GET', `/tenants/${id}`);
  expect(JSON.stringify(body)).not.toMatch(/secret-id-of|password":/);
});

test('its application gets its credentials by a login that may read, and they work', async () => {
  const { code, stdout, stderr } = await cli(['tenants', 'connect', name, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['postgres', 'mongodb', 'qdrant', 'keycloak']);
  const without = await freeflow(['tenants', 'connect', name], envOf(installation));
  expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('VAULT_ADDR') });
  expect(secretsIn(without, installation.info)).toEqual([]);
});

test('through the API they are revealed without a login at the vault; while that is sealed it is said why not', async () => {
  const args = ['tenants', 'connect', name, 'postgres', '--reason', 'Case 4711', '--json'];
  const { code, stdout, stderr } = await freeflow(args, envOf(installation));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(await tryConnection('postgres', JSON.parse(stdout) as Connected)).toBe('in');
  await vault.seal();
  const { publicKey, reason } = EXAMPLES.reveal;
  const answer = await installation.request('POST', `/tenants/${id}/credentials`, { publicKey, reason });
  await vault.unseal();
  expect(answer).toMatchObject({
    status: 503,
    body: { code: 'credentials-unreadable', detail: expect.stringContaining('sealed') },
  });
});

test('suspended and resumed it is let in as before', async () => {
  for (const what of ['suspend', 'resume']) {
    expect((await installation.request('POST', `/tenants/${id}/${what}`)).status).toBe(202);
    expect(await operationEnds(installation, id)).toMatchObject({ operation: { state: 'done' } });
  }
});

/** What its application is given, as {@link tryConnection} takes it. */
async function connect(): Promise<Connected> {
  const { code, stdout, stderr } = await cli(['tenants', 'connect', name, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Connected;
}

const answersTo = (connected: Connected) => Promise.all(BACKEND_KINDS.map((kind) => tryConnection(kind, connected)));
const ALL_IN = BACKEND_KINDS.map(() => 'in');
const own = async () => (await pathsIn(vault)).filter((it) => it.includes(id));

test('rotated, it has new secrets beside those before; these are destroyed once their time is over, and let nobody in', async () => {
  const before = await connect();
  expect((await installation.request('POST', `/tenants/${id}/rotate`, { overlapSeconds: 3_600 })).status).toBe(202);
  expect(await operationEnds(installation, id)).toMatchObject({ operation: { kind: 'rotate', state: 'done' } });
  const after = await connect();
  expect([await answersTo(before), await answersTo(after)]).toEqual([ALL_IN, ALL_IN]);
  const first = await own();
  expect(first).toHaveLength(9);
  await installation.master.query('UPDATE "TenantResource" SET "overlapUntil" = now() WHERE "tenantId" = $1', [id]);
  await until('those before are ended', async () => {
    const { operation } = await tenantOf(installation, id);
    return operation.kind === 'retire' && operation.state === 'done';
  });
  expect((await answersTo(before)).filter((it) => it === 'in')).toEqual([]);
  expect(await answersTo(after)).toEqual(ALL_IN);
  expect(await connect()).toEqual(Object.fromEntries(Object.entries(after).map(([kind, it]) => [kind, inForce(it)])));
  expect(await own()).toHaveLength(5);
  const { rows } = await installation.master.query<{ at: string }>(
    `SELECT "vaultRef" AS at FROM "TenantSecret" WHERE "tenantId" = $1 AND name <> 'admin-password'`,
    [id],
  );
  expect(rows.map(({ at }) => at.replace(/.*[?]/, ''))).toEqual(Array(4).fill('v=2'));
});

/** As it is told once nothing of the one before is left. */
const inForce = ({ previousUntil: _until, ...rest }: Record<string, string>) => rest;

test('while it is sealed access is cut all the same, and tried once it is not', async () => {
  const connected = await connect();
  await vault.seal();
  await installation.request('POST', `/tenants/${id}/suspend`);
  await until('it waits for the vault at each backend', async () => {
    const answers = await answersTo(connected);
    return answers.every((it) => it !== 'in');
  });
  expect(await tenantOf(installation, id)).toMatchObject({ status: 'active', operation: { kind: 'suspend' } });
  await vault.unseal();
  await installation.request('POST', `/tenants/${id}/retry`);
  expect(await operationEnds(installation, id)).toMatchObject({ status: 'suspended' });
  await installation.request('POST', `/tenants/${id}/resume`);
  await operationEnds(installation, id);
  expect(await answersTo(connected)).toEqual(ALL_IN);
});

test('while it is sealed a create waits and says for what; unsealed it goes on by itself', async () => {
  await vault.seal();
  const waiting = await askFor(installation, newName('v'));
  const { operation } = await until('it says why', async () => {
    const tenant = await tenantOf(installation, waiting);
    return tenant.operation.cause !== null && tenant;
  });
  expect(operation).toMatchObject({
    cause: expect.stringMatching(/^vault: http.* is sealed/),
    advice: expect.stringContaining('runbook.md#vault-unavailable'),
  });
  await vault.unseal();
  await installation.request('POST', `/tenants/${waiting}/retry`);
  expect(await operationEnds(installation, waiting)).toMatchObject({ status: 'active' });
});

test('a deletion ends once the vault has destroyed all of its secrets, waits while it is sealed, and says so', async () => {
  await vault.seal();
  await installation.request('DELETE', `/tenants/${id}?mode=hard&force=true`);
  const { operation } = await until('it waits at the end', async () => {
    const tenant = await tenantOf(installation, id);
    return tenant.operation.step === 'mark-gone' && tenant;
  });
  expect(operation).toMatchObject({ state: 'running', cause: expect.stringContaining('sealed') });
  await vault.unseal();
  expect(await operationEnds(installation, id)).toMatchObject({
    goneAt: expect.any(String),
    operation: { state: 'done', cause: null, evidence: { secretsDestroyed: 5 } },
  });
  expect((await pathsIn(vault)).filter((it) => it.includes(id))).toEqual([]);
});

test('doctor compares the rights of its login, and tells another vault from ours', async () => {
  const checkBy = async (login: OwnVault['worker'], url = vault.url) => {
    const { stdout } = await cli(['doctor', '--json'], login, url);
    return (JSON.parse(stdout) as { check: string }[]).find((it) => it.check === 'master.vault');
  };
  expect(await checkBy(vault.worker)).toMatchObject({ status: 'ok' });
  expect(await checkBy(vault.reader)).toMatchObject({
    status: 'fail',
    seen: expect.stringContaining('create on secret/data/freeflow/+'),
  });
  const other = await startVault();
  try {
    // That of an installation whose tenants have their secrets elsewhere: those that the tests before have left.
    await createTenant(installation, newName('v'));
    expect(await checkBy(other.worker, other.url)).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining('it is another vault'),
    });
  } finally {
    await other.stop();
  }
});
