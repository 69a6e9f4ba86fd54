import { colours as pc } from '@freeflow/lib/colours';
import { OAuthError, startDeviceLogin, type DeviceLogin } from '@freeflow/lib/oauth';
import type { Command } from 'commander';
import { caller } from '../client/http';
import { apiUrlOf, openSession } from '../client/session';
import { tenantsOf } from '../client/tenants';
import { claimsOf, userIn } from '../contexts/claims';
import { discoverIssuerOf } from '../contexts/discover';
import { loginFailure } from '../contexts/login-failure';
import { changeContexts, type Context } from '../contexts/store';
import { keptTokens } from '../contexts/token';
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
}

/** Adds `freeflow login`. */
export function addLogin(program: Command, { env }: Host): void {
  program
    .command('login')
    .description('log in as a person: confirmed in a browser, on this machine or any other')
    .option('--api <url>', 'where the API answers; the local stack by default')
    .option('--context <name>', 'the name to keep it by; the host of the API by default')
    .option('--issuer <url>', 'who issues the tokens; the API is asked by default')
    .option('--client-id <id>', 'the public client that people log in by', CLIENT_ID)
    .option('--scope <scope>', 'with offline_access the login outlasts the session at the issuer', SCOPE)
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
    .action(async ({ api, issuer: given, clientId, scope, context: named, ...options }: LoginOptions) => {
      const terminal = openTerminal(options);
      const apiUrl = apiUrlOf(env, api);
      const issuer = given ?? (await discoverIssuerOf(apiUrl));
      const tokens = await logIn(terminal, { issuer, clientId }, scope);
      const name = named ?? new URL(apiUrl).host;
      const context: Context = { apiUrl, issuer, clientId, ...keptTokens(tokens) };
      changeContexts(env, ({ contexts, ...before }) => ({
        ...before,
        current: name,
        contexts: { ...contexts, [name]: context },
      }));
      // A login is of use only with the permission, which the API alone decides about.
      await tenantsOf(caller(openSession({ ...env, FREEFLOW_API_URL: undefined, FREEFLOW_CONTEXT: name }))).list({}, 1);
      const user = userIn(claimsOf(tokens.value));
      if (terminal.isJson) printJson({ context: name, apiUrl, issuer, user });
      else terminal.print(`Logged in at ${apiUrl} as ${pc.bold(user)}. Context ${pc.bold(name)} is in use.`);
    });
}

async function logIn(terminal: Terminal, client: { issuer: string; clientId: string }, scope: string) {
  try {
    const login = await startDeviceLogin(client, scope);
    // Beside the answer: a program that reads that needs a person all the same.
    console.error(instructionFor(login));
    return await waitingFor(terminal, 'Waiting for the confirmation in the browser', login.confirmed());
  } catch (error) {
    throw error instanceof OAuthError ? loginFailure(error, client.issuer) : error;
  }
}

const instructionFor = ({ userCode, verificationUrl, verificationUrlComplete }: DeviceLogin): string =>
  `Open ${verificationUrlComplete ?? verificationUrl} in a browser and confirm the code ${pc.bold(userCode)}`;
