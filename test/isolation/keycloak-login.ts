import { createHash, randomBytes } from 'node:crypto';
import { ask, json, type HttpAnswer } from './http';

export interface LoggedIn {
  accessToken: string;
  refreshToken: string;
  /** The browser session, which signs in anew without a password. */
  cookie: string;
  /** What the realm wanted on the way, in order: `password`, `new password`, `profile`. */
  asked: string[];
}

export interface Person {
  username: string;
  password: string;
  /** Given where the realm asks for a new one. */
  newPassword: string;
}

const CONSOLE = 'security-admin-console';
const MOST_PAGES = 6;

/** Where the console of a realm lives, and the page that signs in to it. */
export function consoleLogin(baseUrl: string, realm: string, challenge: string): { console: string; page: string } {
  const console = `${baseUrl}/admin/${realm}/console/`;
  const query = new URLSearchParams({
    client_id: CONSOLE,
    redirect_uri: console,
    response_type: 'code',
    scope: 'openid',
    state: 'state',
    nonce: 'nonce',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  return { console, page: `${baseUrl}/realms/${realm}/protocol/openid-connect/auth?${query.toString()}` };
}

/** Signs in to a realm's administration as a person does: page by page, with cookies, filling in what is asked. */
export async function logInToConsole(baseUrl: string, realm: string, person: Person): Promise<LoggedIn> {
  const verifier = randomBytes(32).toString('base64url');
  const { console, page } = consoleLogin(baseUrl, realm, createHash('sha256').update(verifier).digest('base64url'));
  const browser = new Browser();
  const asked: string[] = [];
  let shown = await browser.open('GET', page);
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const target = shown.headers.get('location');
    if (target?.startsWith(console)) {
      const form = {
        grant_type: 'authorization_code',
        client_id: CONSOLE,
        code: new URL(target).searchParams.get('code') ?? '',
        redirect_uri: console,
        code_verifier: verifier,
      };
      const token = json<{ access_token: string; refresh_token: string }>(
        await ask('POST', `${baseUrl}/realms/${realm}/protocol/openid-connect/token`, { form }),
      );
      return { accessToken: token.access_token, refreshToken: token.refresh_token, cookie: browser.cookie(), asked };
    }
    if (target !== null) {
      shown = await browser.open('GET', target);
    } else {
      const { name, fields } = formOf(shown, person);
      asked.push(name);
      shown = await browser.open('POST', actionOf(shown), fields);
    }
  }
  throw new Error(`signing in to ${realm} came to no end; asked for ${asked.join(', ')}`);
}

/** Which page this is, told by its fields, and what a person fills in. */
function formOf(
  { text }: HttpAnswer,
  { username, password, newPassword }: Person,
): { name: string; fields: Record<string, string> } {
  if (text.includes('name="password-new"'))
    return { name: 'new password', fields: { 'password-new': newPassword, 'password-confirm': newPassword } };
  if (text.includes('name="firstName"'))
    return { name: 'profile', fields: { email: 'first@tenant.test', firstName: 'First', lastName: 'Admin' } };
  if (text.includes('name="password"')) return { name: 'password', fields: { username, password } };
  throw new Error(`a page nobody knows: ${text.slice(0, 300)}`);
}

const actionOf = ({ text }: HttpAnswer): string =>
  /<form[^>]*action="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';

/** Keeps cookies, as fetch does not. */
class Browser {
  private readonly cookies = new Map<string, string>();

  async open(method: string, url: string, form?: Record<string, string>): Promise<HttpAnswer> {
    const answer = await ask(method, url, {
      headers: { cookie: this.cookie() },
      ...(form === undefined ? {} : { form }),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.cookies.set(name, value);
    }
    return answer;
  }

  cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}
