import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import {
  describeInChromium,
  findBarriersEverywhere,
  launchChromium,
  openConsole,
  type Visit,
} from '../support/chromium';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { insertFailed, insertWebhook, publishKey } from '../support/webhooks';

const NETWORK = '192.0.2';

describeInChromium("the console's pages for webhooks", () => {
  let installation: TestInstallation;
  let browser: Browser;
  let visited: Visit;
  let page: Page;

  beforeAll(async () => {
    [installation, browser] = await Promise.all([
      // Nothing is sent here.
      openTestInstallation({ worker: false, api: { WEBHOOK_ALLOWED_NETWORKS: `${NETWORK}.0/24` } }),
      launchChromium(),
    ]);
    await publishKey(installation.master);
    visited = await openConsole(browser, installation, '/webhooks');
    ({ page } = visited);
    page.setDefaultTimeout(30_000);
  });
  afterEach(() => page.unrouteAll());
  afterAll(async () => {
    await browser?.close();
    await installation.close();
  });

  const click = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const isLost = () => page.getByText('It is not known whether this was done').waitFor();
  const show = (id: string) => page.goto(`${installation.apiUrl}/console/webhooks/${id}`);
  const newest = async () => {
    const { body } = await installation.request('GET', '/webhooks');
    return (body['items'] as { id: string; url: string }[]).at(-1) ?? { id: '', url: '' };
  };
  /** The API does what it is asked once, and its answer is lost. */
  const loseAnswer = async (path: string) => {
    let isLeft = true;
    await page.route(path, async (route) => {
      if (!isLeft || route.request().method() !== 'POST') return route.continue();
      isLeft = false;
      await route.fetch();
      return route.abort('connectionreset');
    });
  };

  test('a webhook whose answer is lost is told, made once, and its secret shown when it is sent again', async () => {
    await loseAnswer('**/webhooks');
    await click('New webhook');
    await page.getByLabel('URL').fill(`https://${NETWORK}.1/`);
    await click('Create');
    await isLost();
    expect(await page.getByLabel('URL').isDisabled()).toBe(true);
    expect(await findBarriersEverywhere(page, 'webhook-lost')).toEqual([]);
    await click('Send it again');
    expect(await page.getByLabel('Secret', { exact: true }).inputValue()).toMatch(/^whsec_/);
    await click('I have stored it');
    await page.getByRole('heading', { level: 1, name: `${NETWORK}.1` }).waitFor();
    const { body } = await installation.request('GET', '/webhooks');
    expect(body['items']).toHaveLength(1);
  });

  test('a secret whose answer is lost is told with the way out', async () => {
    const { id, url } = await newest();
    await show(id);
    await loseAnswer('**/rotate-secret');
    const open = async () => {
      await click('More');
      await page.getByRole('menuitem', { name: 'Rotate the secret' }).click();
      await page.getByRole('dialog', { name: `Rotate the secret of the webhook at ${url}` }).waitFor();
    };
    await open();
    await click('Rotate');
    await isLost();
    await page.getByText('Then rotate the secret once more, or remove the webhook').waitFor();
    await click('Cancel');
    await open();
    await click('Rotate');
    expect(await page.getByLabel('Secret', { exact: true }).inputValue()).toMatch(/^whsec_/);
    await click('I have stored it');
  });

  test('sends all again that have failed, says how far it is, and stops when it is told to', async () => {
    const id = await insertWebhook(installation.master, `https://${NETWORK}.2/`);
    await insertFailed(installation.master, id, 3_200);
    await show(id);
    await page.route('**/redeliver', async (route) => {
      await delay(1_000);
      await route.continue();
    });
    const sendAll = async () => {
      await click('More');
      await page.getByRole('menuitem', { name: 'Send all again that failed' }).click();
    };
    await sendAll();
    await page.getByText('So far: 1,000 deliveries go again').waitFor();
    await click('Stop');
    await page.getByText(/^Stopped.* 2,000 deliveries go again/).waitFor();
    expect(await findBarriersEverywhere(page, 'webhook-stopped')).toEqual([]);
    await sendAll();
    await page.getByText('All that had failed: 1,200 deliveries go again').waitFor();
    await click('Dismiss');
    await page.getByText('All that had failed').waitFor({ state: 'hidden' });
  });

  test('a dialog ends with the page of its webhook, and with the webhook', async () => {
    const [one, other] = await Promise.all(
      ['3', '4'].map((it) => insertWebhook(installation.master, `https://${NETWORK}.${it}/`)),
    );
    await show(other ?? '');
    await page.getByRole('link', { name: 'Webhooks' }).last().click();
    await page.getByRole('link', { name: `https://${NETWORK}.3`, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: `${NETWORK}.3` }).waitFor();
    await click('More');
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('will not be sent to it').waitFor();
    // From one to the other at once, as by the palette or the buttons of the browser.
    await page.evaluate((path) => {
      const { history, dispatchEvent, PopStateEvent } = globalThis as unknown as {
        history: { pushState: (state: unknown, title: string, path: string) => void };
        dispatchEvent: (event: unknown) => void;
        PopStateEvent: new (name: string) => unknown;
      };
      history.pushState({}, '', path);
      dispatchEvent(new PopStateEvent('popstate'));
    }, `/console/webhooks/${other}`);
    await page.getByRole('heading', { level: 1, name: `${NETWORK}.4` }).waitFor();
    await dialog.waitFor({ state: 'hidden' });
    await click('More');
    await page.getByRole('menuitem', { name: 'Rotate the secret' }).click();
    await dialog.getByText(`${NETWORK}.4`).waitFor();
    await installation.request('DELETE', `/webhooks/${other}`);
    await page
      .getByText('There is no such webhook')
      .or(page.getByText(`No webhook has the id ${other}`))
      .first()
      .waitFor();
    await dialog.waitFor({ state: 'hidden' });
    expect(await newest()).toMatchObject({ id: one });
    expect(visited.complaints).toEqual([]);
  });
});
