import { BACKENDS } from '@freeflow/contract';
import { variablesOf, type Variable } from '@freeflow/lib/config';
import { apiVariables } from '../../api/config';
import { ownerVariables, PROVISIONED_BACKENDS } from '../../cli/backends/variables';
import { migrateVariables } from '../../prisma/migrate-config';
import { seedVariables } from '../../prisma/seed-config';
import { stackVariables } from '../../stack/environment';
import { workerVariables } from '../../worker/config';

/** Every process that is told something by its environment, and its schema. */
const PROCESSES = [
  { title: 'Worker', about: "`node dist/worker/main.js`, and Temporal's variables below.", schema: workerVariables },
  { title: 'API', about: "`node dist/api/server.js`, and Temporal's variables below.", schema: apiVariables },
  { title: 'db:migrate', about: '`pnpm --filter @freeflow/db-master db:migrate`', schema: migrateVariables },
  { title: 'db:seed', about: '`pnpm --filter @freeflow/db-master db:seed`', schema: seedVariables },
  {
    title: 'Local stack',
    about:
      '`npm start` and `npm run stack:start`: servers named here are used in place of our own, so their logins are those of owners, from whom the stack makes the provisioners. `FREEFLOW_STACK_DIR` (default `.freeflow`) is where data, logs and credentials are kept, `XDG_CACHE_HOME` (default `~/.cache`) where fetched servers are.',
    schema: stackVariables,
  },
];

const UNITS: readonly [name: string, ms: number][] = [
  ['d', 24 * 3_600_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** Milliseconds in the largest unit that divides them. */
const inWords = (ms: number): string =>
  UNITS.flatMap(([name, unit]) => (ms % unit === 0 ? [`${ms / unit} ${name}`] : []))[0] ?? `${ms} ms`;

const defaultOf = ({ form, isRequired, standard }: Variable): string => {
  if (isRequired) return '**required**';
  if (standard === undefined) return 'unset';
  if (!form.includes('milliseconds')) return `\`${standard}\``;
  const each = standard.split(',').map((it) => inWords(Number(it)));
  return `\`${standard}\` (${each.join(', ')})`;
};

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const table = (variables: readonly Variable[]): string =>
  [
    row(['variable', 'default', 'meaning', 'must be', 'file']),
    row(['---', '---', '---', '---', '---']),
    ...variables.map((it) => row([`\`${it.name}\``, defaultOf(it), it.meaning, it.form, it.isSecret ? 'yes' : ''])),
  ].join('\n');

const names = (of: readonly string[]): string => of.map((name) => `\`${name}\``).join(', ');

/** docs/reports/configuration.md, written from the schemas by which the processes read their environment. */
export const configurationPage = (): string => `# Configuration

Written from the schemas by which the processes read their environment (renew it with \`UPDATE_DOCS=1 npx jest test/configuration\`).

- An empty variable counts as one that is not set.
- A process that starts reports everything that is missing or wrong at once, one line each, never with a value, and ends with exit code 1.
- Where the last column says **yes**, \`NAME_FILE\` may name a file that holds the value, as container platforms hand secrets over. A line
  end at its end is ignored. Setting both, or a file that is empty or can't be read, is refused.

${PROCESSES.map(({ title, about, schema }) => `## ${title}\n\n${about}\n\n${table(variablesOf(schema))}\n`).join('\n')}
## Temporal

Worker and API find Temporal by its own standard variables, read by \`@temporalio/envconfig\`: \`TEMPORAL_ADDRESS\` (\`localhost:7233\`),
\`TEMPORAL_NAMESPACE\` (\`default\`), \`TEMPORAL_API_KEY\`, and for TLS \`TEMPORAL_TLS\`, \`TEMPORAL_TLS_CLIENT_CERT_PATH\`,
\`TEMPORAL_TLS_CLIENT_KEY_PATH\`, \`TEMPORAL_TLS_SERVER_CA_CERT_PATH\`, \`TEMPORAL_TLS_SERVER_NAME\`; or from a file, \`TEMPORAL_CONFIG_FILE\`, by the
profile \`TEMPORAL_PROFILE\`. Both need the same namespace; the worker registers its search attributes there, as far as it may: [setup.md](../setup.md#temporal).

## Command line

\`npm run -s freeflow -- --help\` names what each command reads. Where the environment has none of a command's variables, the local stack
in \`FREEFLOW_STACK_DIR\` (default \`.freeflow\`) is used.

- A person's logins: in \`contexts.json\` in \`FREEFLOW_CONFIG_DIR\` (default \`~/.config/freeflow\`, by \`XDG_CONFIG_HOME\`); \`FREEFLOW_CONTEXT\` names the one to use
- Another installation: \`FREEFLOW_API_URL\`, \`FREEFLOW_TOKEN\`, or \`FREEFLOW_TOKEN_URL\`, \`FREEFLOW_CLIENT_ID\`, \`FREEFLOW_CLIENT_SECRET\`
- \`tenants connect\`: \`MASTER_DATABASE_URL\`, \`SECRETS_KEY\`, \`SECRETS_OLD_KEYS\`, \`KEYCLOAK_URL\`; \`KEYCLOAK_TENANT_URL\` where tenants reach Keycloak by another address
- \`setup backends\` ([setup.md](../setup.md)):
${PROVISIONED_BACKENDS.map((it) => `  - ${BACKENDS[it.kind].title}: ${names(ownerVariables(it))}; ${names([it.provisioner.passwordVariable])}`).join('\n')}
`;

const REQUIRED_OF = [
  ['worker', workerVariables],
  ['API', apiVariables],
] as const;

/** The table in the README: what has no default, and of which process. */
export function requiredTable(): string {
  const all = REQUIRED_OF.flatMap(([process, schema]) =>
    variablesOf(schema)
      .filter((it) => it.isRequired)
      .map((it) => ({ ...it, process })),
  );
  return [
    row(['process', 'variable', 'meaning']),
    row(['---', '---', '---']),
    ...all.map((it) => row([it.process, `\`${it.name}\``, it.meaning])),
  ].join('\n');
}
