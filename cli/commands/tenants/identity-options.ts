import { type Command, InvalidArgumentError } from 'commander';

/** What is said of a tenant by options; `false` clears it. */
export interface IdentityOptions {
  displayName?: string | false;
  externalId?: string | false;
  label?: Record<string, string>;
  removeLabel?: string[];
  plan?: string | false;
  protect?: boolean;
}

/** Collects `--label key=value`, which may be repeated, into one set. @throws InvalidArgumentError */
function collectLabel(given: string, before: Record<string, string> = {}): Record<string, string> {
  const [key, value] = labelOf(given);
  return { ...before, [key]: value };
}

/** The same for a filter, as the API takes it. @throws InvalidArgumentError */
export const collectLabelFilter = (given: string, before: string[] = []): string[] => [
  ...before,
  labelOf(given).join(':'),
];

/** Collects `--remove-label key`, which may be repeated. */
export const collectKey = (given: string, before: string[] = []): string[] => [...before, given];

function labelOf(given: string): [key: string, value: string] {
  const at = given.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It is key=value, such as tier=gold.');
  return [given.slice(0, at), given.slice(at + 1)];
}

/** Adds the options that `create` and `update` have in common. */
export const addIdentityOptions = (command: Command): Command =>
  command
    .option('--display-name <text>', 'what people call it')
    .option('--external-id <id>', 'what another system calls it; no two tenants have the same')
    .option('--label <key=value>', 'a label to select by; may be repeated', collectLabel)
    .option('--plan <name>', 'by which it is limited: freeflow plans list')
    .option(
      '--protect',
      'refuse every deletion; a create that fails, or is aborted before the tenant is active, is rolled back all the same',
    );

/** The options as the API takes them: what is not given is left out, what is cleared is null. */
export function identityOf({ displayName, externalId, label, removeLabel, plan, protect }: IdentityOptions) {
  const removed = Object.fromEntries((removeLabel ?? []).map((key) => [key, null]));
  const labels = { ...removed, ...label };
  return {
    ...(displayName === undefined ? {} : { displayName: displayName === false ? null : displayName }),
    ...(externalId === undefined ? {} : { externalId: externalId === false ? null : externalId }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(plan === undefined ? {} : { plan: plan === false ? null : plan }),
    ...(protect === undefined ? {} : { deletionProtected: protect }),
  };
}
