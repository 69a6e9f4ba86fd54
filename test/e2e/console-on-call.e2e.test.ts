import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { newName } from '../support/activity-harness';
import {
  describeInChromium,
  findBarriersInBoth,
  findOverflow,
  launchChromium,
  signIn,
  visit,
  type Visit,
} from '../support/chromium';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { askFor, operationEnds, tenantOf, untilParkedAt } from '../support/tenants';
import { until } from '../support/until';

/** Where pictures of what is seen are put, when somebody wants to look. */
const PICTURES = process.env['CONSOLE_PICTURES'];
const MANY = 20;

describeInChromium("the console's page for on-call", () => {
  let installation: FaultInjectedInstallation;
  let browser: Browser;
  let visited: Visit;
  let page: Page;
  /** Left active by a test, for one after it. */
  let active: { id: string; name: string };

  beforeAll(async () => {
    // Parked steps would try again by themselves in ten minutes only: what goes on here goes on because of an answer.
    [installation, browser] = await Promise.all([
      openFaultInjectedInstallation({ STEP_PATIENCE_MS: '500' }),
      launchChromium(),
    ]);
    visited = await visit(browser, `${installation.apiUrl}/console/on-call`, {
      viewport: { width: 1280, height: 800 },
    });
    ({ page } = visited);
    page.setDefaultTimeout(60_000);
    await signIn(page, installation.info);
  });
  afterEach(() => Object.values(installation.proxies).forEach((proxy) => proxy.open()));
  afterAll(async () => {
    await browser?.close();
    await installation.close();
  });

  const picture = async (name: string): Promise<void> => {
    if (PICTURES !== undefined) await page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: true });
  };
  /** As it is seen by day and by night, and on a phone. */
  const hasNoBarriers = async (name: string): Promise<void> => {
    expect(await findBarriersInBoth(page, (scheme) => picture(`${name}-${scheme}`))).toEqual([]);
    await page.setViewportSize({ width: 375, height: 740 });
    await picture(`${name}-phone`);
    expect(await findOverflow(page)).toBe(0);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'light' });
  };
  const parkOf = async (id: string): Promise<number | undefined> => {
    const { operation } = (await tenantOf(installation, id)) as unknown as {
      operation: { parked: { parkId: number }[] };
    };
    return operation.parked[0]?.parkId;
  };
  const group = (step: string) => page.getByRole('region', { name: step });
  const results = () => page.getByRole('region', { name: /: results$/ }).first();
  const isMended = (text: string) => results().getByRole('status').filter({ hasText: text }).waitFor();

  test('says gladly that nothing is stuck', async () => {
    await page.getByRole('heading', { name: 'Nothing is stuck' }).waitFor();
    expect(await page.getByRole('button', { name: /^Retry/ }).count()).toBe(0);
    await hasNoBarriers('empty');
  });

  test('shows what is parked as it happens, with cause, advice and the runbook beside it; a retry mends it, by keyboard', async () => {
    installation.proxies.qdrant.shut();
    const name = newName('c');
    const id = await askFor(installation, name);
    const parked = group('qdrant.create unreachable');
    await parked.getByRole('link', { name }).waitFor();
    await parked.getByText('Check that the server runs and that the worker can reach it.').waitFor();
    const runbook = parked.getByRole('region', { name: 'What the runbook says' });
    await runbook.getByText('the server does not answer, or the connection broke').waitFor();
    await runbook.getByRole('button', { name: 'How to look at Qdrant' }).click();
    await hasNoBarriers('parked');
    installation.proxies.qdrant.open();
    await page.getByRole('button', { name: `Retry ${name}` }).focus();
    await page.keyboard.press('Enter');
    await isMended('1 done');
    await page.getByRole('heading', { name: 'Nothing is stuck' }).waitFor();
    expect(await tenantOf(installation, id)).toMatchObject({ status: 'active' });
    active = { id, name };
    await page.getByRole('button', { name: 'Dismiss' }).click();
  });

  test('an abort says what has changed since one looked before it does anything; then it is rolled back', async () => {
    installation.proxies.qdrant.shut();
    const name = newName('c');
    const id = await askFor(installation, name);
    await page.getByRole('button', { name: `More for ${name}` }).click();
    await page.getByRole('menuitem', { name: 'Abort…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('ordered by mistake');
    // Meanwhile somebody else has tried it, in vain.
    const before = await parkOf(id);
    expect(await installation.request('POST', `/tenants/${id}/retry`)).toMatchObject({ status: 202 });
    await until('it is parked anew', async () => ![before, undefined].includes(await parkOf(id)));
    await dialog.getByRole('button', { name: `Abort ${name}` }).click();
    await dialog.getByText(`${name}, qdrant.create: was tried since, and is parked again`).waitFor();
    expect(await tenantOf(installation, id)).toMatchObject({ operation: { state: 'parked' } });
    await hasNoBarriers('changed');
    installation.proxies.qdrant.open();
    await dialog.getByRole('button', { name: `Abort ${name}` }).click();
    await isMended('1 done');
    expect(await operationEnds(installation, id)).toMatchObject({
      status: 'deleted',
      operation: { state: 'rolled_back', cause: expect.stringContaining('ordered by mistake') },
    });
    await page.getByRole('button', { name: 'Dismiss' }).click();
  });

  test('a drop is skipped for a reason alone, and what is no answer to it says why', async () => {
    const { id, name } = active;
    installation.proxies.qdrant.shut();
    await installation.request('DELETE', `/tenants/${id}?mode=hard&force=true`);
    const parked = group('qdrant.drop unreachable');
    const abort = parked.getByRole('button', { name: 'Abort', exact: true });
    await abort.waitFor();
    expect(await abort.getAttribute('aria-disabled')).toBe('true');
    await parked.getByRole('button', { name: 'Retry', exact: true }).focus();
    await page.keyboard.press('Tab');
    await page.getByRole('tooltip', { name: 'There is no way back from here' }).waitFor();
    await parked.getByRole('button', { name: 'Skip', exact: true }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: `Skip ${name}` }).isDisabled()).toBe(true);
    await dialog.getByLabel('Reason').fill('that server is scrapped');
    await hasNoBarriers('skip');
    await page.keyboard.press('Enter');
    await isMended('1 done');
    expect(await operationEnds(installation, id)).toMatchObject({
      status: 'deleting',
      operation: { state: 'incomplete', cause: expect.stringContaining('that server is scrapped') },
    });
    await page.getByRole('button', { name: 'Dismiss' }).click();
  });

  test('everything that is stuck, for whatever reason, is retried by one request', async () => {
    installation.proxies.qdrant.shut();
    installation.proxies.mongodb.shut();
    const names = [newName('c'), newName('c')];
    const ids = await Promise.all(names.map((name) => askFor(installation, name)));
    for (const step of ['qdrant.create', 'mongodb.create'])
      for (const name of names) await group(`${step} unreachable`).getByRole('link', { name }).waitFor();
    await hasNoBarriers('groups');
    const sent: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') sent.push(new URL(request.url()).pathname);
    });
    Object.values(installation.proxies).forEach((proxy) => proxy.open());
    await page.getByRole('button', { name: 'Retry everything' }).click();
    await isMended('4 done');
    await page.getByRole('heading', { name: 'Nothing is stuck' }).waitFor();
    expect(sent).toEqual(['/tenants/retry']);
    for (const id of ids) expect(await tenantOf(installation, id)).toMatchObject({ status: 'active' });
    await page.getByRole('button', { name: 'Dismiss' }).click();
  });

  test('many that wait for the same are one group, and are retried at once; each tells what came of it', async () => {
    installation.proxies.qdrant.shut();
    const ids = await Promise.all(Array.from({ length: MANY }, () => askFor(installation, newName('c'))));
    await Promise.all(ids.map((id) => untilParkedAt(installation, id, 'qdrant.create')));
    const parked = group('qdrant.create unreachable');
    await parked.getByRole('button', { name: `Retry all ${MANY}` }).waitFor();
    const boxes = parked.getByRole('checkbox', { name: /^Select c/ });
    await boxes.first().check();
    await boxes.nth(1).check();
    await parked.getByRole('button', { name: 'Retry 2 selected' }).click();
    await isMended('2 parked again');
    await hasNoBarriers('many');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    installation.proxies.qdrant.open();
    await parked.getByRole('button', { name: `Retry all ${MANY}` }).click();
    await isMended(`${MANY} done`);
    await picture('mended');
    await page.getByRole('heading', { name: 'Nothing is stuck' }).waitFor();
    for (const id of ids) expect(await tenantOf(installation, id)).toMatchObject({ status: 'active' });
    expect(visited.complaints).toEqual([]);
  });
});
