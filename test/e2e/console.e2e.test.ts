import type { Browser } from 'playwright-core';
import { findBarriers, findChromium, launchChromium, signIn, visit } from '../support/chromium';
import { openTestInstallation, type TestInstallation } from '../support/installation';

const chromium = findChromium();

(chromium === undefined ? describe.skip : describe)('the console', () => {
  let installation: TestInstallation;
  let browser: Browser;

  beforeAll(async () => {
    [installation, browser] = await Promise.all([openTestInstallation(), launchChromium(chromium ?? '')]);
  });
  afterAll(async () => {
    await browser?.close();
    await installation.close();
  });

  test.each(['light', 'dark'] as const)(
    'signs a person in, shows the tenants and has no barrier: %s',
    async (scheme) => {
      const { page, complaints, close } = await visit(browser, `${installation.apiUrl}/console`, {
        colorScheme: scheme,
      });
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      expect(await findBarriers(page)).toEqual([]);
      await signIn(page, installation.info);
      await page.getByRole('heading', { name: 'Tenants' }).waitFor();
      expect(new URL(page.url()).pathname).toBe('/console/tenants');
      expect(await findBarriers(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
  );
});
