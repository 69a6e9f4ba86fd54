import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { newName } from '../support/activity-harness';
import {
  describeInChromium,
  findBarriersEverywhere,
  launchChromium,
  openConsole,
  type Visit,
} from '../support/chromium';
import { openTestInstallation, type Running, type TestInstallation } from '../support/installation';
import { inDatabase } from '../support/master';
import { withPostgres } from '../support/outside';
import { EXAMPLE_BLUEPRINT } from '../support/sample';
import { change, createTenant, tenantOf, type Tenant } from '../support/tenants';

describeInChromium("the console's page for the fleet", () => {
  let installation: TestInstallation;
  let worker: Running;
  let browser: Browser;
  let visited: Visit;
  let page: Page;
  let folder: string;
  let [gold, broken, suspended] = [] as unknown as [Tenant, Tenant, Tenant];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'freeflow-console-fleet-'));
    cpSync(EXAMPLE_BLUEPRINT.BLUEPRINT_DIR, folder, { recursive: true });
    [installation, browser] = await Promise.all([openTestInstallation({ worker: false }), launchChromium()]);
    worker = await installation.startWorker({ BLUEPRINT_DIR: folder });
    [gold, broken, suspended] = (await Promise.all(
      ['g', 'f', 'f'].map((letter) => createTenant(installation, newName(letter))),
    )) as [Tenant, Tenant, Tenant];
    await change(installation, suspended.id, 'suspend');
    await setGold(gold);
    visited = await openConsole(browser, installation, '/fleet', { viewport: { width: 1280, height: 860 } });
    ({ page } = visited);
    page.setDefaultTimeout(30_000);
  });
  afterAll(async () => {
    await browser?.close();
    await installation.close();
    rmSync(folder, { recursive: true });
  });

  const publish = async (version: number, statements: string) => {
    writeFileSync(path.join(folder, 'blueprint.json'), JSON.stringify({ version }));
    writeFileSync(path.join(folder, `postgres/0${version}0-more.sql`), statements);
    await worker.stop('SIGTERM');
    worker = await installation.startWorker({ BLUEPRINT_DIR: folder });
  };
  const inBroken = (statement: string) =>
    withPostgres(inDatabase(installation.info.postgres.url, `freeflow_${broken.name}`), (client) =>
      client.query(statement),
    );
  const setGold = ({ id }: Tenant) =>
    installation.request('PATCH', `/tenants/${id}`, { labels: { tier: 'gold' } }, { 'if-match': '*' });
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const says = (text: string | RegExp) => page.getByText(text).first().waitFor();
  const region = (version: number) => page.getByRole('region', { name: `Upgrade to version ${version}` });
  const rowOf = ({ name }: Tenant) =>
    page.getByRole('table', { name: 'Tenants of the upgrade' }).getByRole('row', { name });
  const stateIs = (version: number, state: string) => region(version).getByText(state, { exact: true }).waitFor();

  test('says who has which version, and what an upgrade would do, also for some', async () => {
    await says('All tenants have version 1: an upgrade would change nothing');
    await says('The fleet has never been upgraded');
    // It has made by itself what the next version is going to make.
    await inBroken('CREATE TABLE app.orders ()');
    await publish(2, 'CREATE TABLE orders (id int);\nSELECT pg_sleep(6);');
    await page.reload();
    await says('An upgrade would give version 2 to 2 tenants now, with 1 tenant left for later');
    const labels = page.getByRole('combobox', { name: 'Only those with labels' });
    await labels.fill('tier:gold');
    await labels.press('Enter');
    await says('An upgrade would give version 2 to 1 tenant now.');
    expect(new URL(page.url()).searchParams.get('label')).toBe('["tier:gold"]');
    expect(await findBarriersEverywhere(page, 'fleet-plan')).toEqual([]);
    await page.goto(`${installation.apiUrl}/console/fleet`);
  });

  test('an upgrade is started, paused, resumed, pauses by itself, and tells each tenant what has come of it', async () => {
    await button('Upgrade…').click();
    const dialog = page.getByRole('dialog', { name: 'Upgrade the fleet' });
    await dialog.getByText('An upgrade would give version 2 to 2 tenants now').waitFor();
    await dialog.getByLabel('At a time').fill('0');
    await dialog.getByText('expected number to be >=1').waitFor();
    await dialog.getByLabel('At a time').fill('1');
    await dialog.getByLabel('Canaries').fill('1');
    await dialog.getByLabel('Pause after').fill('1');
    const only = dialog.getByRole('combobox', { name: 'Only those with labels' });
    await only.fill('tier=gold');
    // By the keyboard, where no pointer misses: what is no label must not become an upgrade of all.
    await only.press('Enter');
    await only.press('Enter');
    await dialog.getByText('tier=gold: must be key:value').waitFor();
    expect(await dialog.getByRole('button', { name: 'Upgrade', exact: true }).isDisabled()).toBe(true);
    expect(await findBarriersEverywhere(page, 'fleet-dialog')).toEqual([]);
    await only.fill('t');
    await only.fill('');
    await dialog.getByRole('button', { name: 'Upgrade', exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
    await region(2).getByText('1 at work').waitFor();
    await rowOf(gold).getByText('canary').waitFor();
    await button('Pause').click();
    await says('Paused: by a person');
    await region(2).getByText('1 done').waitFor();
    expect(await findBarriersEverywhere(page, 'fleet-paused')).toEqual([]);
    const other = button('Pause');
    expect(await other.getAttribute('aria-disabled')).toBe('true');
    await other.hover();
    await page.getByRole('tooltip', { name: 'It is paused already' }).waitFor();
    await button('Resume').click();
    await rowOf(broken)
      .getByText(/relation "orders" already exists/)
      .waitFor();
    await says(/^Paused: (?!by a person)/);
    await button('Resume').click();
    await stateIs(2, 'done');
    await rowOf(suspended).getByText('it is suspended').waitFor();
    expect(await findBarriersEverywhere(page, 'fleet-ended')).toEqual([]);
    await page.getByLabel('State').selectOption('failed');
    await rowOf(suspended).waitFor({ state: 'detached' });
    await rowOf(broken).getByRole('link').click();
    await page.getByRole('heading', { name: broken.name, exact: true }).waitFor();
    await page.goBack();
  });

  test('those that failed or were left get it once they are tried again', async () => {
    await inBroken('DROP TABLE app.orders');
    await change(installation, suspended.id, 'resume');
    await button('Retry failed and left ones').click();
    await region(2).getByText('3 done').waitFor();
    await stateIs(2, 'done');
    await says('All tenants have version 2: an upgrade would change nothing');
    expect(await tenantOf(installation, broken.id)).toMatchObject({ blueprintVersion: 2 });
  });

  test('one that fails at its canary is cancelled once that was asked; earlier ones stay to be seen', async () => {
    await setGold(broken);
    await publish(3, 'SELECT * FROM nowhere;');
    await page.goto(`${installation.apiUrl}/console/fleet?start=true&label=%5B%22tier%3Agold%22%5D`);
    const dialog = page.getByRole('dialog', { name: 'Upgrade the fleet' });
    await dialog.getByText('An upgrade would give version 3 to 2 tenants now.').waitFor();
    await dialog.getByLabel('Canaries').fill('1');
    await dialog.getByRole('button', { name: 'Upgrade', exact: true }).click();
    await says('Paused: 1 of 1 canaries failed');
    await region(3).getByText('those with tier:gold').waitFor();
    await button('Upgrade…').hover();
    await page.getByRole('tooltip', { name: 'An upgrade is under way' }).waitFor();
    await button('Cancel…').click();
    await page.getByRole('dialog').getByText('there is no way back').waitFor();
    expect(await findBarriersEverywhere(page, 'fleet-cancel')).toEqual([]);
    await button('Cancel the upgrade').click();
    await stateIs(3, 'cancelled');
    await page.getByRole('link', { name: 'to version 2' }).click();
    await stateIs(2, 'done');
    await page.reload();
    await stateIs(2, 'done');
    await page.getByRole('link', { name: 'Last upgrade' }).click();
    await stateIs(3, 'cancelled');
    expect(visited.complaints).toEqual([]);
  });
});
