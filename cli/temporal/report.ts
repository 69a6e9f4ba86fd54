import type { NamespaceState, SearchAttribute, SearchAttributesState } from '@freeflow/lib/temporal';

/** What `setup temporal` has found and done. */
export interface TemporalSetUp {
  address: string;
  /** The name of the namespace. */
  name: string;
  namespace: NamespaceState;
  wantedRetentionMs: number | undefined;
  /** Nothing where there is no namespace. */
  attributes: SearchAttributesState | undefined;
}

const DAY_MS = 24 * 3_600_000;
const daysOf = (ms: number): string => `${Math.round((ms / DAY_MS) * 10) / 10} d`;
const namesOf = (some: readonly SearchAttribute[]): string => some.map(({ name }) => name).join(', ');

/** KEYWORD_LIST as the command lines call it. */
const typeOf = ({ type }: SearchAttribute): string => (type === 'KEYWORD_LIST' ? 'KeywordList' : 'Keyword');

/** What is left to who may, one command each. */
function refused({ name, namespace, wantedRetentionMs, attributes }: TemporalSetUp): string[] {
  const days = Math.ceil((wantedRetentionMs ?? 7 * DAY_MS) / DAY_MS);
  const missing = attributes?.missing ?? [];
  return [
    ...(namespace.did === 'may-not-create'
      ? [`tcld namespace create --namespace ${name} --region REGION --retention-days ${days}`]
      : []),
    ...(namespace.did === 'may-not-change'
      ? [`tcld namespace retention set --namespace ${name} --retention-days ${days}`]
      : []),
    ...(missing.length === 0
      ? []
      : [
          `tcld namespace search-attributes add --namespace ${name} ${missing.map((it) => `--search-attribute "${it.name}=${typeOf(it)}"`).join(' ')}`,
        ]),
  ];
}

/** What nobody's right would mend. */
const inTheWay = ({ attributes }: TemporalSetUp): string[] =>
  (attributes?.ofOtherType ?? []).map(
    (it) => `${it.name} is not of the type ${typeOf(it)}: rename or remove it, then run this again.`,
  );

/** What is left to do, one command or sentence each. */
export const leftToDo = (setUp: TemporalSetUp): string[] => [...refused(setUp), ...inTheWay(setUp)];

/** All of it for people. */
export function reportOf(setUp: TemporalSetUp): string {
  const { address, name, attributes } = setUp;
  const left = refused(setUp);
  return [
    `Temporal at ${address}`,
    `  namespace ${name}: ${namespaceLine(setUp)}`,
    ...(attributes === undefined ? [] : [`  search attributes: ${attributesLine(attributes)}`]),
    ...(left.length === 0
      ? []
      : ['The server does not let this login do the rest. At Temporal Cloud, in its UI or as an administrator of it:']),
    ...left.map((it) => `  ${it}`),
    ...inTheWay(setUp),
  ].join('\n');
}

function namespaceLine({ namespace: its }: TemporalSetUp): string {
  if (its.did === 'may-not-create') return 'not there, or not ours to see; and not ours to create';
  const words = {
    created: 'created',
    changed: 'retention changed',
    nothing: 'no change needed',
    'may-not-change': 'its retention is not ours to change',
  };
  return `${words[its.did]}; keeps the history of a run for ${daysOf(its.retentionMs)} after its end`;
}

function attributesLine({ there, added, missing, ofOtherType }: SearchAttributesState): string {
  const parts = [
    ...(added.length === 0 ? [] : [`${namesOf(added)} added`]),
    ...(missing.length === 0 ? [] : [`${namesOf(missing)} missing`]),
    ...(ofOtherType.length === 0 ? [] : [`${namesOf(ofOtherType)} of another type`]),
  ];
  if (parts.length === 0) return `no change needed (${namesOf(there)})`;
  return [...parts, ...(there.length === 0 ? [] : [`${namesOf(there)} there`])].join('; ');
}
