import { BACKEND_KINDS } from '@freeflow/contract';
import type { Browser, Page } from 'playwright-core';
import { Webhook as Verifier } from 'standardwebhooks';
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
import { inDatabase } from '../support/master';
import { withPostgres } from '../support/outside';
import { openReceiver, type Receiver } from '../support/receiver';
import { dropIn, reconcileIn } from '../support/reconciler';
import { createTenant, deleteTenant, type Tenant } from '../support/tenants';
import { until } from '../support/until';
import { LOCAL_NETWORKS } from '../support/webhooks';

const WIDE = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };

describeInChromium('the console', () => {
  let installation: TestInstallation;
  let receiver: Receiver;
  let browser: Browser;
  let tenant: Tenant;
  let seat: Visit;
  let page: Page;

  beforeAll(async () => {
    receiver = await openReceiver();
    [installation, browser] = await Promise.all([
      // What has failed is tried again by those who look at it, and not before.
      openTestInstallation({
        worker: { ...LOCAL_NETWORKS, WEBHOOK_RETRY_PAUSES_MS: '3600000' },
        api: LOCAL_NETWORKS,
      }),
      launchChromium(),
    ]);
    tenant = await createTenant(installation, newName('u'));
    seat = await openConsole(browser, installation, '/webhooks', { viewport: WIDE });
    ({ page } = seat);
    await heading('Webhooks');
  });
  afterAll(async () => {
    await browser?.close();
    await deleteTenant(installation, tenant.id);
    await installation.close();
    await receiver.close();
  });

  const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
  const click = (name: string | RegExp) => page.getByRole('button', { name }).click();
  const go = (where: string) => page.getByRole('navigation', { name: 'Pages' }).getByText(where).click();
  const rename = (displayName: string) =>
    installation.request('PATCH', `/tenants/${tenant.id}`, { displayName }, { 'if-match': '*' });

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

  test('makes a webhook, shows its secret once, and what it signs arrives', async () => {
    await expectNoBarriers();
    await click('New webhook');
    await page.getByLabel('URL').fill('https://10.0.0.1/');
    await click('Create');
    await page.getByText('10.0.0.1').last().waitFor();
    await page.getByLabel('URL').fill(`${receiver.url}/hook?token=hunter22`);
    await page.getByLabel('Description').fill('billing');
    await page.getByRole('combobox', { name: 'Events' }).fill('tenant.updated');
    await page.getByRole('option', { name: 'tenant.updated' }).click();
    await page.keyboard.press('Escape');
    await expectNoBarriers();
    await click('Create');
    const secret = await page.getByLabel('Secret', { exact: true }).inputValue();
    expect(secret).toMatch(/^whsec_\S{44}$/);
    await expectNoBarriers();
    await click('I have stored it');
    await heading(receiver.url);
    expect(await page.content()).not.toMatch(/whsec_|hunter22/);
    await click('Ping');
    await page.getByRole('row', { name: /webhook\.ping.*delivered/ }).waitFor();
    const [{ body, headers } = { body: '', headers: {} }] = receiver.taken();
    expect(new Verifier(secret).verify(body, headers as Record<string, string>)).toBeDefined();
  });

  test('shows a delivery that is not taken, sends it again, and gives another one up', async () => {
    receiver.answer(() => 503);
    await rename('Acme');
    const row = page.getByRole('row', { name: /tenant\.updated.*retrying.*answered 503/ });
    await row.waitFor();
    await row.getByRole('button', { name: /^Details/ }).click();
    const attempts = page.getByRole('table', { name: 'Attempts' });
    await attempts.getByText('503', { exact: true }).first().waitFor();
    await expectNoBarriers();
    receiver.answer(() => 204);
    await row.getByRole('button', { name: /^Send now/ }).click();
    await page.getByRole('row', { name: /tenant\.updated.*delivered/ }).waitFor();
    expect(receiver.taken().at(-1)?.event.data).toMatchObject({ tenantName: tenant.name });

    receiver.answer(() => 503);
    await rename('Initech');
    await row.getByRole('button', { name: /^Give up/ }).click();
    await page.getByRole('dialog').getByText(`the next one of ${tenant.name} goes`).waitFor();
    await click('Give it up');
    await page.getByRole('row', { name: /tenant\.updated.*given up/ }).waitFor();
    await page.getByLabel('State').selectOption('given up');
    await page
      .getByRole('row', { name: /delivered/ })
      .first()
      .waitFor({ state: 'detached' });
    expect(new URL(page.url()).searchParams.get('state')).toBe('failed');
  });

  test('signs by another secret, disables a webhook, says so, and enables it again', async () => {
    receiver.answer(() => 204);
    await click('More');
    await page.getByRole('menuitem', { name: 'Rotate the secret' }).click();
    await click('Rotate');
    const secret = await page.getByLabel('Secret', { exact: true }).inputValue();
    await click('I have stored it');
    await click('Disable');
    await page.getByText('by a person').waitFor();
    await page.getByLabel('State').selectOption('any state');
    const again = page.getByRole('row', { name: /given up/ }).getByRole('button', { name: /^Send again/ });
    expect(await again.getAttribute('aria-disabled')).toBe('true');
    await again.hover();
    await page.getByText('The webhook is disabled: enable it first').waitFor();
    await click('Enable');
    await page.getByText('enabled', { exact: true }).waitFor();
    await again.click();
    await page.getByRole('row', { name: /given up/ }).waitFor({ state: 'detached' });
    const { body, headers } = await until('it has arrived', async () => receiver.taken()[2]);
    expect(new Verifier(secret).verify(body, headers as Record<string, string>)).toBeDefined();
  });

  test('compares, says what each repair would do, and repairs', async () => {
    const asOwner = <R extends object>(sql: string) =>
      withPostgres(inDatabase(installation.info.postgres.url, 'postgres'), (client) => client.query<R>(sql));
    await asOwner(`ALTER ROLE freeflow_${tenant.name}_app NOLOGIN`);
    await go('Reconcile');
    await page.getByText('Nothing has been compared yet').waitFor();
    await expectNoBarriers();
    await click('Compare now');
    await page.getByRole('row', { name: new RegExp(`${tenant.name}.*may not log in.*safe to repair`) }).waitFor();
    await expectNoBarriers();
    await click('Repair what is safe (1)');
    await page.getByRole('dialog').getByText('Grants, access and connection details are set again').waitFor();
    await expectNoBarriers();
    await click('Compare anew and repair');
    await page.getByText('1 repaired').waitFor();
    await page.getByRole('row', { name: /may not log in.*repaired/ }).waitFor();
    const { rows } = await asOwner<{ rolcanlogin: boolean }>(
      `SELECT rolcanlogin FROM pg_roles WHERE rolname = 'freeflow_${tenant.name}_app'`,
    );
    expect(rows).toEqual([{ rolcanlogin: true }]);
    await click('Compare now');
    await page.getByText('Everything is as it is recorded').waitFor();
    await page.getByText('Last report').click();
    await page.getByText('Link to this report').waitFor();
  });

  test('drops an orphan once its name was typed, and says what has become of it', async () => {
    const orphan = await createTenant(installation, newName('u'));
    await installation.master.query(`UPDATE "TenantResource" SET state = 'absent' WHERE "tenantId" = $1`, [orphan.id]);
    await installation.master.query(`UPDATE "Tenant" SET status = 'deleted', "goneAt" = now() WHERE id = $1`, [
      orphan.id,
    ]);
    await click('Compare now');
    const name = `freeflow_${orphan.name}`;
    const row = page.getByRole('row', { name: new RegExp(`PostgreSQL.*${name}`) });
    await row.getByRole('button', { name: `Drop ${name}` }).click();
    const doIt = page.getByRole('button', { name: 'Drop it for good' });
    expect(await doIt.isDisabled()).toBe(true);
    await page.getByLabel(`Type ${name} to confirm`).fill(name);
    await expectNoBarriers();
    await doIt.click();
    await page.getByText('It is gone').waitFor();
    await click('Cancel');
    const { findings } = await reconcileIn(installation, false);
    expect(new Set(findings.map(({ backend }) => backend))).toEqual(
      new Set(BACKEND_KINDS.filter((it) => it !== 'postgres')),
    );
    for (const it of findings) await dropIn(installation, it.backend ?? '', it.name ?? '', it.id ?? '');
  });

  test('shows who did what, filtered as the address says, and saves all of it', async () => {
    await go('Audit');
    await heading('Audit');
    await page
      .getByRole('row', { name: /resources\.drop/ })
      .first()
      .waitFor();
    await expectNoBarriers();
    await page.getByLabel('Action').selectOption('webhooks.create');
    await page.getByRole('row', { name: /webhooks\.create.*accepted/ }).waitFor();
    await page
      .getByRole('row', { name: /resources\.drop/ })
      .first()
      .waitFor({ state: 'detached' });
    await page.reload();
    const row = page.getByRole('row', { name: /webhooks\.create.*accepted/ });
    await row.waitFor();
    expect(new URL(page.url()).searchParams.get('action')).toBe('webhooks.create');
    await row.getByRole('button', { name: /^Details/ }).click();
    await page.getByLabel('What was requested').getByText('webhookId').waitFor();
    await expectNoBarriers();
    await click('Clear');
    await page.getByRole('searchbox', { name: 'Tenant' }).fill(tenant.name);
    await page
      .getByRole('row', { name: /webhooks\./ })
      .first()
      .waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /tenants\.create/ }).waitFor();
    await click('1 h: only the last hour');
    await page.waitForURL(/since=/);
    const [download] = await Promise.all([page.waitForEvent('download'), click('Export as JSON lines')]);
    const lines = await readAll(await download.createReadStream());
    const saved = lines
      .trimEnd()
      .split('\n')
      .map((it) => JSON.parse(it) as { action: string; tenantName: string });
    expect(saved.map(({ action }) => action).toReversed()).toEqual([
      'tenants.create',
      'tenants.update',
      'tenants.update',
    ]);
    expect(new Set(saved.map(({ tenantName }) => tenantName))).toEqual(new Set([tenant.name]));
  });

  test('shows the trail page by page, and the pages before', async () => {
    await installation.master.query(
      `INSERT INTO "AuditEvent" (id, channel, action, outcome, actor, "at")
       SELECT gen_random_uuid(), 'api', 'tenants.list', 'refused', 'many', now() - n * interval '1 second' FROM generate_series(1, 60) n`,
    );
    await page.goto(`${installation.apiUrl}/console/audit?actor=many&since=junk`);
    const rows = page.locator('tbody tr');
    await until('the first page is there', async () => (await rows.count()) === 50);
    await click('Next');
    await until('the second page is there', async () => (await rows.count()) === 10);
    await click('Previous');
    await until('the first page is back', async () => (await rows.count()) === 50);
    // By then every page was shown.
    expect(seat.complaints).toEqual([]);
  });
});

async function readAll(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}
