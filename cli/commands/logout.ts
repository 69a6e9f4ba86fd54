import { colours as pc } from '@freeflow/lib/colours';
import { OAuthError, revokeLogin } from '@freeflow/lib/oauth';
import type { Command } from 'commander';
import { selectContext, type SelectedContext } from '../contexts/select';
import { readContexts, withContexts, type Context, type ContextStore } from '../contexts/store';
import { EXIT, Failure } from '../failure';
import { say, sayAside } from '../show/printable';
import type { Host } from './tenants/tools';

/** Adds `freeflow logout`. */
export function addLogout(program: Command, { env }: Host): void {
  program
    .command('logout')
    .description('end a login, at the issuer as well, and forget it')
    .argument('[context]', 'the one in use by default')
    .option('--force', 'forget it here also where the issuer can not be told that it is over')
    .action(async (named: string | undefined, { force = false }: { force?: boolean }) => {
      const selected = selectContext(named === undefined ? env : { ...env, FREEFLOW_CONTEXT: named });
      if (selected === undefined)
        throw new Failure(EXIT.usage, 'You are not logged in.', 'See your logins: freeflow contexts list');
      const { name } = selected;
      // Of what is kept by now: another command may just have renewed it.
      const untold = await withContexts(env, async (keep) => {
        const error = await endAtIssuer(readContexts(env).contexts[name] ?? selected.context);
        if (error !== undefined && !force) throw untoldFailure(selected, error);
        keep((before) => without(before, name));
        return error;
      });
      say(`Logged out: context ${pc.bold(name)} is forgotten.`);
      if (untold !== undefined) sayAside(`${untoldText(selected, untold)} ${accountAdvice(selected)}`);
    });
}

function without({ current, contexts, ...rest }: ContextStore, name: string): ContextStore {
  const { [name]: _forgotten, ...others } = contexts;
  return { ...rest, contexts: others, ...(current === undefined || current === name ? {} : { current }) };
}

/** Why it could not be done; undefined where it was, or where nothing could be renewed. */
async function endAtIssuer(context: Context): Promise<OAuthError | undefined> {
  if (context.refreshToken === undefined) return undefined;
  try {
    await revokeLogin(context, context.refreshToken);
    return undefined;
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
}

const untoldText = ({ context: { issuer } }: SelectedContext, { message }: OAuthError): string =>
  `${issuer} could not be told (${message}): whoever has the refresh token can go on renewing it there.`;

const accountAdvice = ({ context: { issuer, clientId } }: SelectedContext): string =>
  `End the session of ${clientId} on your account page at ${new URL(issuer).host}, or have its administrator do so.`;

function untoldFailure(selected: SelectedContext, error: OAuthError): Failure {
  const { name } = selected;
  return new Failure(
    error.status === undefined || error.status >= 500 ? EXIT.unreachable : EXIT.refused,
    `${untoldText(selected, error)} Context ${name} is kept.`,
    `Try again later. Or forget it here alone (freeflow logout ${name} --force). ${accountAdvice(selected)}`,
    { cause: error },
  );
}
