/**
 * What a statement of a migration means to the release before, which goes on serving beside it:
 * - `expands`: nothing, it only adds what that one does not know;
 * - `may-disturb`: it changes what that one does, so the migration has to say why that release goes on working;
 * - `contracts`: it takes away what that one uses, so it has to name the release that no longer does.
 */
export type Verdict = 'expands' | 'may-disturb' | 'contracts';

/** What earlier statements of the same migration have made: the release before knows nothing of it. */
export type Made = Set<string>;

/**
 * Only what is listed here passes without a word: of all else nobody has thought.
 * @param statement as PostgreSQL's parser gives it: its kind, and what it says
 */
export function judgeStatement(statement: Readonly<Record<string, Body>>, made: Made): Verdict {
  const [[kind, body] = ['', {}]] = Object.entries(statement);
  return JUDGES[kind]?.(body, made) ?? 'may-disturb';
}

type Body = Record<string, unknown>;
type Judge = (body: Body, made: Made) => Verdict;

const expands: Judge = () => 'expands';
const contracts: Judge = () => 'contracts';

const JUDGES: Readonly<Record<string, Judge>> = {
  CreateStmt: makes(({ relation }) => nameOf(relation)),
  CreateEnumStmt: makes(({ typeName }) => lastOf(typeName)),
  CreateFunctionStmt: (body, made) => {
    if (body['replace'] === true && !made.has(lastOf(body['funcname']))) return 'may-disturb';
    made.add(lastOf(body['funcname']));
    return 'expands';
  },
  CreateStatsStmt: expands,
  CommentStmt: expands,
  VariableSetStmt: expands,
  GrantStmt: (body, made) => (body['is_grant'] === true || areMade(body['objects'], made) ? 'expands' : 'contracts'),
  AlterFunctionStmt: ({ func }, made) =>
    made.has(lastOf((func as Body)['ObjectWithArgs'] ?? func)) ? 'expands' : 'may-disturb',
  IndexStmt: ({ relation, unique }, made) =>
    unique === true && !made.has(nameOf(relation)) ? 'may-disturb' : 'expands',
  CreateTrigStmt: ({ relation }, made) => (made.has(nameOf(relation)) ? 'expands' : 'may-disturb'),
  AlterTableStmt: ({ relation, cmds }, made) =>
    made.has(nameOf(relation))
      ? 'expands'
      : worstOf((cmds as { AlterTableCmd: Body }[]).map((it) => judgeChange(it.AlterTableCmd))),
  // A release reads an enumeration by the values it knows.
  AlterEnumStmt: ({ typeName }, made) => (made.has(lastOf(typeName)) ? 'expands' : 'may-disturb'),
  DropStmt: ({ removeType, objects }, made) => {
    if (removeType === 'OBJECT_STATISTIC_EXT') return 'expands';
    if (removeType !== 'OBJECT_INDEX') return 'contracts';
    // One that is unique decides races, or is what an ON CONFLICT needs.
    const names = (objects as { List: { items: unknown[] } }[]).map((it) => lastOf(it.List.items));
    return names.every((it) => made.has(it)) ? 'expands' : 'may-disturb';
  },
  RenameStmt: contracts,
  TruncateStmt: contracts,
  DeleteStmt: contracts,
};

function makes(name: (body: Body) => string): Judge {
  return (body, made) => {
    made.add(name(body));
    return 'expands';
  };
}

/** A change of a table that the release before uses. */
function judgeChange({ subtype, def }: Body): Verdict {
  switch (subtype) {
    case 'AT_SetStatistics':
    case 'AT_ValidateConstraint':
      return 'expands';
    case 'AT_AddColumn':
      return judgeColumn((def as { ColumnDef: { constraints?: { Constraint: { contype: string } }[] } }).ColumnDef);
    case 'AT_DropColumn':
    case 'AT_AlterColumnType':
    case 'AT_SetNotNull':
      return 'contracts';
    default:
      return 'may-disturb';
  }
}

/** That release inserts rows without the column. */
function judgeColumn({ constraints = [] }: { constraints?: { Constraint: { contype: string } }[] }): Verdict {
  const kinds = constraints.map((it) => it.Constraint.contype);
  if (kinds.includes('CONSTR_NOTNULL') && !kinds.some((it) => FILLED.has(it))) return 'contracts';
  return kinds.every((it) => it === 'CONSTR_NOTNULL' || it === 'CONSTR_NULL' || FILLED.has(it))
    ? 'expands'
    : 'may-disturb';
}

const FILLED: ReadonlySet<string> = new Set(['CONSTR_DEFAULT', 'CONSTR_IDENTITY', 'CONSTR_GENERATED']);

const RANKS: readonly Verdict[] = ['expands', 'may-disturb', 'contracts'];
const worstOf = (verdicts: readonly Verdict[]): Verdict =>
  RANKS[Math.max(0, ...verdicts.map((it) => RANKS.indexOf(it)))] ?? 'contracts';

const nameOf = (relation: unknown): string => String((relation as { relname?: string } | undefined)?.relname);

/** The last part of a qualified name, wherever the parser puts its parts. */
function lastOf(name: unknown): string {
  const parts = Array.isArray(name) ? name : ((name as { objname?: unknown[] } | undefined)?.objname ?? []);
  return String((parts.at(-1) as { String?: { sval?: string } } | undefined)?.String?.sval);
}

const areMade = (objects: unknown, made: Made): boolean =>
  (objects as Body[]).every((it) =>
    made.has(it['RangeVar'] === undefined ? lastOf(it['ObjectWithArgs']) : nameOf(it['RangeVar'])),
  );
