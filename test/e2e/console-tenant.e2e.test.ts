import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { newName } from '../support/activity-harness';
import {
  describeInChromium,
  findBarriersInBoth,
  findOverflow,
  launchChromium,
  openConsole,
  type Visit,
} from '../support/chromium';
import { openTestInstallation, type TestInstallation } from '../support/installation';
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
    seat = await openConsole(browser, installation, `/tenants/${tenant.id}`, { viewport: WIDE });
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
    await usage.getByText('at its limit, which is told alone').waitFor();
    await usage.getByText('plan tiny').waitFor();
    await usage.getByText(/^connections 0 of 20$/).waitFor();
    await usage.getByText(/^points 0$/).waitFor();
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

  test('says why a suspended tenant gets no new credentials', async () => {
    await button('Suspend').click();
    await shows('The tenant is suspended: its credentials are refused already');
    expect(await button('Rotate').isDisabled()).toBe(true);
    expect(seat.complaints).toEqual([]);
  });
});
