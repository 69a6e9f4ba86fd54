import type { BlueprintFile, BlueprintProblem } from '../../blueprint';

/** The first line of a file that can't be in a transaction. */
const NO_TRANSACTION = /^--\s*freeflow:\s*no[ -]transaction\s*$/im;
const FIRST_LINE = '-- freeflow: no transaction';

type Body = Readonly<Record<string, unknown>>;
interface Parsed {
  stmt: Readonly<Record<string, Body>>;
  stmt_location?: number;
}

/** Whether a file is run outside of a transaction. */
export const isOutside = ({ content }: Pick<BlueprintFile, 'content'>): boolean =>
  NO_TRANSACTION.test(content.split('\n')[0] ?? '');

/**
 * What is wrong with a file of SQL, by PostgreSQL's own parser: what is no SQL, and what a blueprint may not say. The
 * latter is for its author: what a file can do is bounded by the rights of the role that runs it.
 */
export async function checkSql(file: BlueprintFile): Promise<BlueprintProblem[]> {
  const { path, content } = file;
  // Large, and needed where there is a blueprint alone.
  const { parse, hasSqlDetails } = await import('libpg-query');
  try {
    const { stmts = [] } = (await parse(content)) as unknown as { stmts?: Parsed[] };
    const bytes = Buffer.from(content);
    const problemAt = ({ stmt_location: from = 0 }: Parsed, message: string): BlueprintProblem => ({
      path,
      line: lineAt(skipBlanks(bytes.subarray(from).toString()) + bytes.subarray(0, from).toString().length, content),
      message,
    });
    if (stmts.length === 0) return [{ path, message: 'holds no statement' }];
    const refused = stmts.flatMap((it) => findRefusals(it.stmt).map((message) => problemAt(it, message)));
    return [...refused, ...findMisplaced(file, stmts).map(([it, message]) => problemAt(it, message))];
  } catch (error) {
    const position = hasSqlDetails(error as Error)
      ? (error as { sqlDetails?: { cursorPosition?: number } }).sqlDetails
      : undefined;
    return [{ path, line: lineAt(position?.cursorPosition ?? 0, content), message: (error as Error).message }];
  }
}

const SETTINGS = /^(role|session_authorization|statement_timeout|lock_timeout|transaction_timeout|idle_.*_timeout)$/;

/** What each kind of statement is refused for; those that are not listed are not refused. */
const REFUSED: Readonly<Record<string, (body: Body) => string | false>> = {
  TransactionStmt: () => 'begins or ends a transaction: each file is one already',
  VariableSetStmt: ({ name }) =>
    typeof name === 'string' && SETTINGS.test(name) && `sets ${name}, which is not the blueprint's to set`,
  CreateExtensionStmt: () => 'creates an extension: name it in postgres/extensions.json',
  CopyStmt: ({ is_program: isProgram, filename }) =>
    (isProgram === true || filename === undefined) && 'copies from a program, or from what nobody sends',
  GrantStmt: ({ objtype }) => objtype === 'OBJECT_DATABASE' && 'changes who may enter the database',
  ...Object.fromEntries(
    [
      'CreateRoleStmt',
      'AlterRoleStmt',
      'AlterRoleSetStmt',
      'DropRoleStmt',
      'GrantRoleStmt',
      'ReassignOwnedStmt',
      'DropOwnedStmt',
    ].map((it) => [it, () => "changes roles, which are the platform's"]),
  ),
  ...Object.fromEntries(
    [
      'CreatedbStmt',
      'DropdbStmt',
      'AlterDatabaseStmt',
      'AlterDatabaseSetStmt',
      'AlterSystemStmt',
      'CreateTableSpaceStmt',
    ].map((it) => [it, () => "changes databases or the server, which are the platform's"]),
  ),
};

function findRefusals(statement: Readonly<Record<string, Body>>): string[] {
  const [[kind, body] = ['', {}]] = Object.entries(statement);
  const refused = REFUSED[kind]?.(body) ?? false;
  return refused === false ? [] : [refused];
}

/** What needs to be outside of a transaction and isn't, or the other way round. */
function findMisplaced(file: BlueprintFile, all: readonly Parsed[]): [Parsed, string][] {
  if (!isOutside(file))
    return all
      .filter(({ stmt }) => needsOutside(stmt))
      .map((it) => [
        it,
        `can't be in a transaction: put it into a file of its own, whose first line is \`${FIRST_LINE}\``,
      ]);
  const [first, second] = all;
  if (first === undefined) return [];
  if (second !== undefined)
    return [[second, 'is a second statement in a file without a transaction, which has one alone']];
  const isRepeatable = 'VacuumStmt' in first.stmt || first.stmt['IndexStmt']?.['if_not_exists'] === true;
  return needsOutside(first.stmt) && isRepeatable
    ? []
    : [[first, 'must be one that can be repeated: CREATE INDEX CONCURRENTLY IF NOT EXISTS, VACUUM or ANALYZE']];
}

const needsOutside = (statement: Readonly<Record<string, Body>>): boolean =>
  'VacuumStmt' in statement || statement['IndexStmt']?.['concurrent'] === true;

/** Comments and blanks before a statement belong to it, by the parser. */
const skipBlanks = (text: string): number => /^(\s+|--[^\n]*\n|\/\*[\s\S]*?\*\/)*/.exec(text)?.[0].length ?? 0;

/** The line of a character, from 1. */
export const lineAt = (position: number, content: string): number => content.slice(0, position).split('\n').length;
