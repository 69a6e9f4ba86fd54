import type { Browser, Page } from 'playwright-core';
import { newName } from '../support/activity-harness';
import {
  describeInChromium,
  findBarriersEverywhere,
  launchChromium,
  openConsole,
  type Visit,
} from '../support/chromium';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { until } from '../support/until';

const SETTLED_MS = 60_000;
/** What oidc-client-ts keeps in the storage of a tab. */
interface Kept {
  refresh_token: string;
  expires_at: number;
}

describeInChromium('the console, where something is wrong', () => {
  let installation: TestInstallation;
  let browser: Browser;
  let visited: Visit;
  let page: Page;

  beforeAll(async () => {
    [installation, browser] = await Promise.all([openTestInstallation({ worker: false }), launchChromium()]);
  });
  beforeEach(async () => {
    visited = await openConsole(browser, installation, '/tenants');
    ({ page } = visited);
    page.setDefaultTimeout(SETTLED_MS);
    await heading('Tenants');
    await isLive();
  });
  afterEach(() => visited.close());
  afterAll(async () => {
    await browser?.close();
    await installation.close();
  });

  const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
  const says = (text: string) => page.getByText(text).first().waitFor();
  const isLive = () => page.getByLabel('Live: what changes is shown at once').waitFor();
  const go = (where: string) => page.getByRole('navigation', { name: 'Pages' }).getByText(where).click();
  const restartApi = async (env: Record<string, string> = {}) => {
    await installation.api().stop();
    await installation.startApi(env);
  };
  /** All is told by alerts, of which none is left. */
  const isMended = async () => {
    await isLive();
    await until('no alert is left', async () => (await page.getByRole('alert').count()) === 0);
  };
  /** As the page keeps it; written back with what is changed of it. */
  const changeKept = async (change: Partial<Kept>): Promise<Kept> => {
    const text = await page.evaluate((changed) => {
      const { sessionStorage } = globalThis as unknown as { sessionStorage: Record<string, string> };
      const key = Object.keys(sessionStorage).find((it) => it.startsWith('oidc.user:')) ?? '';
      const before = sessionStorage[key] ?? '{}';
      sessionStorage[key] = JSON.stringify({ ...(JSON.parse(before) as object), ...changed });
      return before;
    }, change);
    return JSON.parse(text) as Kept;
  };

  test('a person without the permission is told which one is missing, and goes on once it is there', async () => {
    await restartApi({ AUTH_PERMISSIONS_CLAIM: 'nothing_of_the_kind' });
    await heading('You are not allowed to use this console');
    await says('Token claim "nothing_of_the_kind" does not contain system:*.');
    expect(await page.getByRole('table').count()).toBe(0);
    expect(await findBarriersEverywhere(page, 'not-allowed')).toEqual([]);
    await page.getByRole('button', { name: 'Try again' }).click();
    await heading('You are not allowed to use this console');
    await restartApi();
    await page.getByRole('button', { name: 'Try again' }).click();
    await heading('Tenants');
    await isMended();
  });

  test('a sign-in that has ended at the issuer is told; another one leads back to the same page', async () => {
    const { issuer } = installation.info.auth;
    // Already over, and by then the issuer has ended it.
    const { refresh_token } = await changeKept({ expires_at: 1 });
    const ended = await fetch(`${issuer}/protocol/openid-connect/logout`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'freeflow-console', refresh_token }),
    });
    expect(ended.status).toBe(204);
    await page.getByLabel('Status').selectOption('active');
    await says('Your sign-in has ended');
    await heading('Tenants');
    expect(await findBarriersEverywhere(page, 'ended')).toEqual([]);
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await page.locator('#username').fill(installation.info.auth.person.username);
    await page.locator('#password').fill(installation.info.auth.person.password);
    await page.locator('[type=submit]').click();
    await heading('Tenants');
    expect(new URL(page.url()).searchParams.get('status')).toBe('active');
    await isMended();
  });

  test('a token that the API takes no more, however new, is told with its reason, and mended by itself', async () => {
    await restartApi({ AUTH_AUDIENCE: 'another-api' });
    await go('Audit');
    await says('The API does not take your sign-in');
    expect(await findBarriersEverywhere(page, 'rejected')).toEqual([]);
    await restartApi();
    await isMended();
    await page.getByRole('table').waitFor();
  });

  test('a stream that does not come through is told; what is shown is read anew meanwhile', async () => {
    await page.route('**/events', (route) => route.abort('connectionreset'));
    await restartApi();
    await says('Live updates are cut');
    expect(await findBarriersEverywhere(page, 'cut')).toEqual([]);
    const name = newName();
    await installation.request('POST', '/tenants', { name });
    await page.getByRole('link', { name, exact: true }).waitFor();
    await says('Live updates are cut');
    await page.unrouteAll();
    await isMended();
  });

  test('what is opened while the API is away is there once it is back, without another click', async () => {
    await go('Audit');
    await heading('Audit');
    await installation.api().stop();
    await says('Not connected');
    // One that was shown, and one whose code is not even here.
    await go('Tenants');
    await go('Webhooks');
    await page.getByText('Not connected').waitFor();
    expect(await findBarriersEverywhere(page, 'away')).toEqual([]);
    await installation.startApi();
    await heading('Webhooks');
    await says('There is no webhook yet');
    await isMended();
    await installation.api().stop();
    await says('Not connected');
    await page.getByRole('button', { name: 'New webhook' }).click();
    await installation.startApi();
    await page.getByRole('dialog', { name: 'New webhook' }).waitFor();
    expect(visited.complaints).toEqual([]);
  });
});
