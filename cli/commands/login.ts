import { colours as pc } from '@freeflow/lib/colours';
import { OAuthError, startDeviceLogin, type DeviceLogin, type PublicClient } from '@freeflow/lib/oauth';
import type { Command } from 'commander';
import { caller } from '../client/http';
import { tenantsOf } from '../client/tenants';
import { apiUrlFor, assertAddress, assertPrivate } from '../contexts/addresses';
import { claimsOf, userIn } from '../contexts/claims';
import { discoverIssuerOf } from '../contexts/discover';
import { loginFailure } from '../contexts/login-failure';
import { changeContexts, putContext, readContexts, type Context } from '../contexts/store';
import { keptTokens } from '../contexts/token';
import { sayAside } from '../show/printable';
import { waitingFor } from '../show/waiting';
import { openTerminal, type Terminal } from '../terminal';
import { type CommonOptions, type Host, printJson } from './tenants/tools';

const CLIENT_ID = 'freeflow-cli';
const SCOPE = 'openid';

interface LoginOptions extends CommonOptions {
  api?: string;
  issuer?: string;
  clientId: string;
  scope: string;
  context?: string;
  insecure?: true;
}

/** Adds `freeflow login`. */
export function addLogin(program: Command, { env }: Host): void {
  program
    .command('login')
    .description('log in as a person: confirmed in a browser, on this machine or any other')
    .option('--api <url>', 'where the API answers; by default that of the context in use, else the local stack')
    .option('--context <name>', 'the name to keep it by; the host of the API by default')
    .option('--issuer <url>', 'who issues the tokens; the API is asked by default')
    .option('--client-id <id>', 'the public client that people log in by', CLIENT_ID)
    .option('--scope <scope>', 'with offline_access the login outlasts the session at the issuer', SCOPE)
    .option('--insecure', 'over plain HTTP also where others may read along')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
The tokens are kept in contexts.json in FREEFLOW_CONFIG_DIR, by default ~/.config/freeflow, readable by you alone, and
renewed as they expire. Commands use the context logged in at last; another one by FREEFLOW_CONTEXT, or for good by
freeflow contexts use. FREEFLOW_API_URL and FREEFLOW_STACK_DIR come before all contexts.

Examples:
  pnpm freeflow login
  pnpm freeflow login --api https://freeflow.example.com --context production`,
    )
    .action(async ({ api, issuer: given, clientId, scope, context: named, insecure, ...options }: LoginOptions) => {
      const terminal = openTerminal(options);
      const apiUrl = apiUrlFor(env, api);
      if (insecure !== true) assertPrivate(apiUrl, '--api');
      if (given !== undefined) assertAddress(given, '--issuer');
      const issuer = given ?? (await discoverIssuerOf(apiUrl));
      if (insecure !== true) assertPrivate(issuer, '--issuer');
      const client = { issuer, clientId, ...(insecure === true ? { insecure } : {}) };
      const tokens = await logIn(terminal, apiUrl, client, scope);
      // A login is of use only with the permission, which the API alone decides about.
      const session = { url: apiUrl, token: async () => tokens.value, isRenewable: false, source: 'login' };
      await tenantsOf(caller(session)).list({}, 1);
      const name = named ?? nameOf(env, apiUrl) ?? new URL(apiUrl).host;
      const context: Context = { apiUrl, ...client, ...keptTokens(tokens) };
      await changeContexts(env, (before) => ({ ...putContext(name, context)(before), current: name }));
      const user = userIn(claimsOf(tokens.value));
      if (terminal.isJson) printJson({ context: name, apiUrl, issuer, user });
      else terminal.print(`Logged in at ${apiUrl} as ${pc.bold(user)}. Context ${pc.bold(name)} is in use.`);
    });
}

/** The name by which a login at this API is kept already. */
const nameOf = (env: NodeJS.ProcessEnv, apiUrl: string): string | undefined =>
  Object.entries(readContexts(env).contexts).find(([, it]) => it.apiUrl === apiUrl)?.[0];

async function logIn(terminal: Terminal, apiUrl: string, client: PublicClient, scope: string) {
  try {
    const login = await startDeviceLogin(client, scope);
    // Beside the answer: a program that reads that needs a person all the same.
    sayAside(`This login is for ${apiUrl}, by ${client.issuer}.\n${instructionFor(login)}`);
    return await waitingFor(terminal, 'Waiting for the confirmation in the browser', login.confirmed());
  } catch (error) {
    throw error instanceof OAuthError ? loginFailure(error, client.issuer) : error;
  }
}

const instructionFor = ({ userCode, verificationUrl, verificationUrlComplete }: DeviceLogin): string =>
  `Open ${verificationUrlComplete ?? verificationUrl} in a browser and confirm the code ${pc.bold(userCode)}`;
