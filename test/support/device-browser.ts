/** A person's browser, as far as Keycloak's pages need one: cookies, redirects, forms. */
class Browser {
  private readonly cookies = new Map<string, string>();

  /** The page at an address, at the end of all redirects. */
  async open(url: string, form?: URLSearchParams): Promise<{ url: string; html: string }> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.cookies.set(name, value);
    }
    const html = await response.text();
    const target = response.headers.get('location');
    return target === null ? { url, html } : this.open(new URL(target, url).href);
  }
}

const MOST_PAGES = 6;
const unescaped = (text: string) => text.replaceAll('&amp;', '&');
const attribute = (tag: string, name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];

/** The form of a page, filled in by a person; undefined where there is none to fill in. */
function fillIn(html: string, answers: Record<string, string>): { action: string; form: URLSearchParams } | undefined {
  const [, tag = '', content = ''] = /(<form\b[^>]*>)([\s\S]*?)<\/form>/.exec(html) ?? [];
  const action = attribute(tag, 'action');
  if (action === undefined) return undefined;
  const form = new URLSearchParams();
  for (const [input] of content.matchAll(/<(?:input|button)\b[^>]*>/g)) {
    const name = attribute(input, 'name');
    if (name === undefined) continue;
    if (name in answers) form.set(name, answers[name] ?? '');
    else if (attribute(input, 'type') === 'hidden') form.set(name, unescaped(attribute(input, 'value') ?? ''));
  }
  return { action: unescaped(action), form };
}

/** A person logs in at the address that a device shows, and grants it what it asks for, or does not. */
export async function answerDevice(
  address: string,
  { username, password }: { username: string; password: string },
  isGranted = true,
): Promise<void> {
  const answers = { username, password, ...(isGranted ? { accept: 'Yes' } : { cancel: 'No' }) };
  const browser = new Browser();
  let page = await browser.open(address);
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const filled = fillIn(page.html, answers);
    if (filled === undefined) return;
    page = await browser.open(new URL(filled.action, page.url).href, filled.form);
  }
  throw new Error(`no end of pages: ${page.html.slice(0, 500)}`);
}
