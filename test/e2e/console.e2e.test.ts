import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { newName } from '../support/activity-harness';
import {
  describeInChromium,
  findBarriersInBoth,
  findOverflow,
  launchChromium,
  openConsole,
  signIn,
  visit,
  type Visit,
} from '../support/chromium';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { createTenant } from '../support/tenants';

const SETTLED_MS = 60_000;

describeInChromium('the console', () => {
  let installation: TestInstallation;
  let browser: Browser;

  beforeAll(async () => {
    [installation, browser] = await Promise.all([openTestInstallation(), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await installation.close();
  });

  const at = (path: string) => `${installation.apiUrl}/console${path}`;
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  /** The page once it shows this. */
  const shows = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: SETTLED_MS });
  const statusIs = (page: Page, status: string) =>
    page.locator('main').getByText(status, { exact: true }).first().waitFor({ timeout: SETTLED_MS });
  const open = (path = '/', options?: BrowserContextOptions): Promise<Visit> =>
    openConsole(browser, installation, path, options);

  test('signs a person in, renews the sign-in, and signs out', async () => {
    const visited = await visit(browser, at('/tenants?status=active'));
    const { page, complaints } = visited;
    await button(page, 'Sign in').waitFor();
    expect(await findBarriersInBoth(page)).toEqual([]);
    await signIn(page, installation.info);
    await page.getByRole('heading', { name: 'Tenants' }).waitFor();
    // Back where it was asked for, without what the issuer had added.
    expect(page.url()).toBe(at('/tenants?status=active'));
    // A token that is over, as after a night: it is renewed when it is needed.
    await page.evaluate(() => {
      const { sessionStorage } = globalThis as unknown as { sessionStorage: Record<string, string> };
      for (const [key, value] of Object.entries(sessionStorage))
        if (key.startsWith('oidc.user:'))
          sessionStorage[key] = JSON.stringify({ ...(JSON.parse(value) as object), expires_at: 1 });
    });
    await page.reload();
    await page.getByText('No tenant is like this').waitFor();
    await page.getByRole('button', { name: /Signed in as/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await button(page, 'Sign in').waitFor();
    expect(complaints).toEqual([]);
    await visited.close();
  });

  test('a tenant is created, suspended, resumed, deleted, restored and erased, each seen as it happens', async () => {
    const name = newName();
    const visited = await open('/tenants?create=true');
    const { page, complaints } = visited;
    const dialog = page.getByRole('dialog', { name: 'New tenant' });
    await dialog.getByLabel(/^Name/).first().fill('Globex!');
    await shows(page, 'must be 3 to 30 characters, a-z and 0-9 only');
    expect(await findBarriersInBoth(page)).toEqual([]);
    await dialog.getByLabel(/^Name/).first().fill(name);
    await shows(page, `freeflow_${name}_vectors`);
    await dialog.getByLabel('Plan').selectOption('free');
    await dialog.getByLabel('Display name').fill('Globex Inc.');
    await dialog.getByLabel('Labels').fill('tier:gold');
    await dialog.getByLabel('Labels').press('Enter');
    await button(page, 'Create').click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    await statusIs(page, 'active');
    await shows(page, `${name} is active`);
    expect(await findBarriersInBoth(page)).toEqual([]);

    await button(page, 'Suspend').click();
    await statusIs(page, 'suspended');
    await button(page, 'Resume').click();
    await shows(page, 'Every deletion is refused from then on');
    await statusIs(page, 'active');

    await button(page, 'Protect').click();
    await shows(page, 'The tenant is protected from deletion');
    expect(await button(page, 'Soft delete').isDisabled()).toBe(true);
    await button(page, 'Unprotect').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unprotect', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await button(page, 'Edit').click();
    await page.getByRole('dialog').getByLabel('External id').fill('crm-4711');
    expect(await findBarriersInBoth(page)).toEqual([]);
    await button(page, 'Save').click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await shows(page, 'crm-4711');

    await remove(page, 'Soft delete', name, 'Delete');
    await statusIs(page, 'deleted');
    await shows(page, 'It is deleted, and can be restored');
    await button(page, 'Restore').click();
    await statusIs(page, 'active');
    await remove(page, 'Hard delete', name, 'Delete for good');
    await shows(page, 'It is gone');
    await statusIs(page, 'gone');
    expect(await findBarriersInBoth(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await visited.close();
  });

  /** Nothing is deleted before the name is typed. */
  async function remove(page: Page, action: string, name: string, confirm: string): Promise<void> {
    await button(page, action).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(`Type ${name} to confirm`).fill(name.slice(1));
    expect(await button(page, confirm).isDisabled()).toBe(true);
    await dialog.getByLabel(`Type ${name} to confirm`).fill(name);
    await button(page, confirm).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  test('a hold is set, kept apart from what somebody else has set meanwhile, and lifted', async () => {
    const { id, name } = await createTenant(installation, newName());
    const visited = await open(`/tenants/${id}`);
    const { page, complaints } = visited;
    const dialog = page.getByRole('dialog');
    const openDialog = async (action: string) => {
      await button(page, action).click();
      await dialog.getByText(`Hold ${name}`).waitFor();
    };
    await openDialog('Hold');
    await dialog.getByLabel('Reason').fill('case 4711');
    await dialog.getByLabel('Until').fill('2000-01-01T00:00');
    await dialog.getByRole('button', { name: 'Hold' }).click();
    await dialog.getByText('must be in the future').first().waitFor();
    expect(await findBarriersInBoth(page)).toEqual([]);
    await dialog.getByLabel('Until').fill('2099-01-01T00:00');
    // Set for longer by somebody else, who was faster.
    const until = '2100-01-01T00:00:00Z';
    await installation.request('PUT', `/tenants/${id}/hold`, { until, reason: 'case 12' }, { 'if-match': '*' });
    await dialog.getByRole('button', { name: 'Hold' }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('on hold').first().waitFor();
    await openDialog('Change hold');
    expect(await dialog.getByLabel('Reason').inputValue()).toBe('case 12');
    await dialog.getByLabel('Reason').fill('case 12, and 4711');
    await dialog.getByRole('button', { name: 'Hold' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const { body } = await installation.request('GET', `/tenants/${id}`);
    expect(body).toMatchObject({ holdReason: 'case 12, and 4711', holdUntil: '2100-01-01T00:00:00.000Z' });
    expect(await button(page, 'Hard delete').isDisabled()).toBe(true);
    await button(page, 'Lift hold').click();
    await dialog.getByRole('button', { name: 'Lift hold' }).click();
    await page.getByText('on hold').first().waitFor({ state: 'hidden' });
    expect(complaints).toEqual([]);
    await visited.close();
  });

  test('the list is filtered by its address, follows what others do, and is walked by keyboard alone', async () => {
    const visited = await open();
    const { page, complaints } = visited;
    await page.getByRole('heading', { name: 'Tenants' }).waitFor();
    const name = newName();
    await installation.request('POST', '/tenants', { name, labels: { tier: 'gold' } });
    await page.getByRole('link', { name, exact: true }).waitFor();
    await page
      .getByRole('row', { name: new RegExp(name) })
      .getByText('active')
      .waitFor({ timeout: SETTLED_MS });
    expect(await findBarriersInBoth(page)).toEqual([]);
    await page.getByRole('searchbox', { name: 'Name' }).fill(name.slice(0, -1));
    await page.waitForURL(at(`/tenants?prefix=${name.slice(0, -1)}`));
    await page.goto(at('/tenants?label=%5B%22tier%3Asilver%22%5D'));
    await shows(page, 'No tenant is like this');
    await page.goto(at(`/tenants?prefix=${name}`));
    await page.getByLabel('Plan').selectOption('free');
    await shows(page, 'No tenant is like this');
    expect(new URL(page.url()).searchParams.get('plan')).toBe('free');
    await button(page, 'Clear').click();
    await page.getByRole('link', { name, exact: true }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Find' }).getByRole('textbox').pressSequentially(name);
    await page.getByRole('dialog', { name: 'Find' }).getByText(name, { exact: true }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.locator('[data-selected]').getByText(name, { exact: true }).waitFor();
    expect(await findBarriersInBoth(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name, exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await visited.close();
  });

  test('an API that is away is told, and mended by itself', async () => {
    const visited = await open();
    const { page } = visited;
    await page.getByRole('heading', { name: 'Tenants' }).waitFor();
    await page.getByLabel('Live: what changes is shown at once').waitFor();
    await installation.api().stop();
    await shows(page, 'Not connected');
    await installation.startApi();
    await page.getByLabel('Live: what changes is shown at once').waitFor({ timeout: SETTLED_MS });
    await page.getByText('Not connected').waitFor({ state: 'hidden' });
    expect(await page.getByRole('alert').count()).toBe(0);
    const name = newName();
    await installation.request('POST', '/tenants', { name });
    await page.getByRole('link', { name, exact: true }).waitFor();
    await visited.close();
  });

  test('on a phone nothing is wider than the page', async () => {
    const visited = await open('/', { viewport: { width: 360, height: 740 }, hasTouch: true });
    const { page } = visited;
    await page.getByRole('heading', { name: 'Tenants' }).waitFor();
    await page.getByRole('table').waitFor();
    expect(await findOverflow(page)).toBe(0);
    await page.locator('tbody a').first().click();
    await page.getByRole('heading', { name: 'Facts' }).waitFor();
    expect(await findOverflow(page)).toBe(0);
    expect(await findBarriersInBoth(page)).toEqual([]);
    await button(page, 'Open the menu').click();
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Tenants' }).click();
    await page.getByRole('heading', { name: 'Tenants' }).waitFor();
    await visited.close();
  });
});
