import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BACKEND_KINDS } from '@freeflow/contract';
import type { Browser, Page } from 'playwright-core';
import { newName } from '../support/activity-harness';
import { auditedRows } from '../support/audit';
import {
  describeInChromium,
  findBarriersInBoth,
  findOverflow,
  launchChromium,
  openConsole,
  type Visit,
} from '../support/chromium';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { withPostgres } from '../support/outside';
import { reconcileIn } from '../support/reconciler';
import { createTenant, deleteTenant, tenantOf, type Tenant } from '../support/tenants';

const WIDE = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };
const SETTLED_MS = 60_000;

// An empty database has more than that; the realm has its administrator.
const PLANS = 'plans: { tiny: { postgres: { size: 1MB, connections: 20 }, keycloak: { users: 1000 } } }';

describeInChromium("a tenant's page", () => {
  let installation: TestInstallation;
  let browser: Browser;
  let tenant: Tenant;
  let seat: Visit;
  let page: Page;

  beforeAll(async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'freeflow-plans-')), 'plans.yaml');
    writeFileSync(file, PLANS);
    const options = { PLANS_FILE: file };
    [installation, browser] = await Promise.all([
      openTestInstallation({ worker: options, api: options }),
      launchChromium(),
    ]);
    tenant = await createTenant(installation, newName('p'));
    seat = await openConsole(browser, installation, `/tenants/${tenant.id}`, {
      viewport: WIDE,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    ({ page } = seat);
    await page.getByRole('heading', { level: 1, name: tenant.name }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await deleteTenant(installation, tenant.id);
    await installation.close();
  });

  const section = (name: string) => page.getByRole('region', { name });
  const dialog = () => page.getByRole('dialog');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const shows = (text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: SETTLED_MS });

  /** In either theme, and in either width without having to be moved sideways. */
  async function expectNoBarriers() {
    for (const viewport of [WIDE, PHONE]) {
      await page.setViewportSize(viewport);
      expect(await findBarriersInBoth(page)).toEqual([]);
      expect(await findOverflow(page)).toBe(0);
    }
    await page.setViewportSize(WIDE);
    await page.emulateMedia({ colorScheme: 'light' });
  }

  test('shows what a tenant uses, of which limits of its plan, and which of them it has reached', async () => {
    const usage = section('Usage');
    await usage.getByText('Nothing was measured yet.').waitFor();
    await installation.request('PATCH', `/tenants/${tenant.id}`, { plan: 'tiny' }, { 'if-match': '*' });
    await section('Facts').getByText('tiny').waitFor({ timeout: SETTLED_MS });
    await reconcileIn(installation, false);
    // Told by the event that a limit was reached.
    await usage.getByText(/^size .* MB of 1\.0 MB$/).waitFor({ timeout: SETTLED_MS });
    await usage.getByText('beyond its limit: reported only').waitFor();
    await usage.getByText('plan tiny').waitFor();
    await usage.getByText(/^connections 0 of 20$/).waitFor();
    await usage.getByText(/^points 0$/).waitFor();
    // Each backend is measured by itself.
    await usage.getByText(/^users 1 of 1000$/).waitFor({ timeout: SETTLED_MS });
    expect(await usage.getByRole('progressbar').count()).toBe(3);
    await expectNoBarriers();
  });

  test('rotates its credentials, shows until when those before work, and ends them at once only by the name', async () => {
    await button('Rotate').click();
    await dialog().getByLabel('They work for').selectOption('12 hours');
    await expectNoBarriers();
    await dialog().getByRole('button', { name: 'Rotate', exact: true }).click();
    await dialog().waitFor({ state: 'hidden' });
    const connections = section('Connections');
    await connections
      .getByText(/^Credentials 2, since/)
      .nth(3)
      .waitFor({ timeout: SETTLED_MS });
    await connections
      .getByText(/^Those before work until/)
      .nth(3)
      .waitFor();
    await section('Rotate').getByText('done', { exact: true }).first().waitFor({ timeout: SETTLED_MS });
    expect((await tenantOf(installation, tenant.id)).operation).toMatchObject({ kind: 'rotate', state: 'done' });

    await button('Rotate').click();
    await dialog().getByText('Those before the last rotation still work').waitFor();
    const rotate = dialog().getByRole('button', { name: 'Rotate', exact: true });
    expect(await rotate.isDisabled()).toBe(true);
    await dialog().getByLabel('At', { exact: true }).selectOption('Qdrant');
    await dialog()
      .getByLabel(/^are ended at once/)
      .check();
    const atOnce = dialog().getByRole('button', { name: 'Rotate, and end the old ones' });
    expect(await atOnce.isDisabled()).toBe(true);
    await dialog().getByLabel(`Type ${tenant.name} to confirm`).fill(tenant.name);
    await expectNoBarriers();
    await atOnce.click();
    await dialog().waitFor({ state: 'hidden' });
    await connections.getByText(/^Credentials 3, since/).waitFor({ timeout: SETTLED_MS });
    await shows(/^Credentials 3/);
    expect(await connections.getByText(/^Those before work until/).count()).toBe(3);
  });

  /** Reveals all of them, and gives the value of this field at PostgreSQL. */
  async function reveal(field: string): Promise<string> {
    await button('Reveal credentials').click();
    const confirm = dialog().getByRole('button', { name: 'Reveal', exact: true });
    expect(await confirm.isDisabled()).toBe(true);
    await dialog().getByLabel('Reason').fill('Case 4711');
    await confirm.click();
    await dialog()
      .getByText(/^Gone in \d+ s$/)
      .waitFor({ timeout: SETTLED_MS });
    await dialog()
      .getByRole('button', { name: `Copy PostgreSQL: ${field}` })
      .click();
    return page.evaluate('navigator.clipboard.readText()');
  }

  test('reveals its credentials to who says why, for a minute, and keeps them nowhere', async () => {
    await button('Reveal credentials').click();
    await dialog().getByText('Whoever sees them can read and change all data of this tenant').waitFor();
    await expectNoBarriers();
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    const url = await reveal('url');
    await expectNoBarriers();
    const { rows } = await withPostgres(url, (client) => client.query('SELECT current_user AS role'));
    expect(rows).toEqual([{ role: `freeflow_${tenant.name}_app` }]);
    const secret = decodeURIComponent(new URL(url).password);
    expect(secret.length).toBeGreaterThan(20);
    expect(await page.content()).toContain(secret);
    await dialog().getByRole('button', { name: 'Hide now' }).click();
    await dialog().waitFor({ state: 'hidden' });
    await expectNowhere(secret);

    await page.clock.install();
    const password = await reveal('password');
    expect(password).toBe(secret);
    await page.clock.fastForward(61_000);
    await dialog().waitFor({ state: 'hidden' });
    await expectNowhere(secret);
    const detailsOf = async (action: string, outcome: string) =>
      (await auditedRows(installation.master, { action, outcome, tenantId: tenant.id })).map(({ detail }) => detail);
    const twice = (of: object) => Array(2).fill(expect.objectContaining(of));
    expect(await detailsOf('tenants.reveal', 'begun')).toEqual(twice({ reason: 'Case 4711' }));
    expect(await detailsOf('secrets.reveal', 'done')).toEqual(twice({ backends: BACKEND_KINDS }));
  });

  async function expectNowhere(secret: string): Promise<void> {
    const stored = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state])');
    for (const text of [await page.content(), page.url(), String(stored)]) expect(text).not.toContain(secret);
  }

  test('says why a suspended tenant gets no new credentials', async () => {
    await button('Suspend').click();
    await shows('The tenant is suspended: its credentials are refused already');
    expect(await button('Rotate').isDisabled()).toBe(true);
    await section('Connections').getByText('The tenant is suspended', { exact: true }).waitFor();
    expect(await button('Reveal credentials').isDisabled()).toBe(true);
    expect(seat.complaints).toEqual([]);
  });
});
