import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { source as AXE } from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { findOnPath } from '../../stack/fetch/on-path';
import type { TestInstallation } from './installation';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The browser of this machine; where there is none it says so aloud. */
function findChromium(): string | undefined {
  const found = NAMES.map((name) => findOnPath(name, process.env)).find((it) => it !== undefined);
  if (found === undefined)
    process.stderr.write(
      '\nChromium is not installed: the console is NOT TESTED here. Install: apt-get install chromium\n',
    );
  return found;
}

const executablePath = findChromium();

/** As describe, for tests that need the browser. */
export const describeInChromium = executablePath === undefined ? describe.skip : describe;

/** A browser without a window. */
export const launchChromium = (): Promise<Browser> =>
  // Root can have no sandbox, and a container has no shared memory to speak of.
  chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** Pages as one person opens them, and what they complained of. */
export interface Visit {
  page: Page;
  /** Errors of the page and warnings of its policy: none is allowed. */
  complaints: string[];
  close: () => Promise<void>;
}

export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

/** Signs in at the issuer of the test servers, as the person of the stack. */
export async function signIn(page: Page, { auth: { person } }: StackInfo): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('#username').fill(person.username);
  await page.locator('#password').fill(person.password);
  await page.locator('[type=submit]').click();
}

/** The console of an installation at a path of its own, with the person of the stack signed in. */
export async function openConsole(
  browser: Browser,
  { apiUrl, info }: Pick<TestInstallation, 'apiUrl' | 'info'>,
  path: string,
  options?: BrowserContextOptions,
): Promise<Visit> {
  const visited = await visit(browser, `${apiUrl}/console${path}`, options);
  await signIn(visited.page, info);
  return visited;
}

/** While a page takes on another colour or width it has barriers that nobody meets: what stays is what counts. */
const LOOKS = 6;
const BETWEEN_LOOKS_MS = 500;

/** What axe finds on a page by WCAG 2.2, level AA, once it has settled: a line each. */
async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  for (let looks = 1; ; looks++) {
    const found = await runAxe(page);
    if (found.length === 0 || looks === LOOKS) return found;
    await delay(BETWEEN_LOOKS_MS);
  }
}

/**
 * What axe finds in either colour scheme, as the person has chosen it at their system.
 * @param onScheme told once the page has taken it on
 */
export async function findBarriersInBoth(page: Page, onScheme?: (scheme: string) => Promise<void>): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
    await onScheme?.(colorScheme);
    found.push(...(await findBarriers(page)).map((it) => `${colorScheme}: ${it}`));
  }
  return found;
}

const WIDE = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };

/** Where pictures of what is seen are put, when somebody wants to look. */
const PICTURES = process.env['CONSOLE_PICTURES'];

/**
 * The same on a screen and on a phone, where in addition nothing may be wider than the page.
 * @param name that of the pictures
 */
export async function findBarriersEverywhere(page: Page, name: string): Promise<string[]> {
  const found: string[] = [];
  for (const viewport of [PHONE, WIDE]) {
    await page.setViewportSize(viewport);
    const take = (scheme: string) =>
      page.screenshot({ path: path.join(PICTURES ?? '', `${name}-${viewport.width}-${scheme}.png`), fullPage: true });
    found.push(
      ...(await findBarriersInBoth(page, async (scheme) => {
        if (PICTURES !== undefined) await take(scheme);
      })),
    );
    const px = await findOverflow(page);
    if (px > 0) found.push(`${px} px wider than ${viewport.width}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}

async function runAxe(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run: (of: object, how: object) => Promise<AxeResult> } };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    return axe.run((globalThis as unknown as { document: object }).document, { runOnly: tags });
  });
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** By how many pixels the page is wider than the window, once it has settled. */
export async function findOverflow(page: Page): Promise<number> {
  for (let looks = 1; ; looks++) {
    const px = Number(
      await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    );
    if (px <= 0 || looks === LOOKS) return Math.max(0, px);
    await delay(BETWEEN_LOOKS_MS);
  }
}

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string }[] }[];
}
