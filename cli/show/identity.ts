import type { TenantBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import { type Fact, optional, toLine } from './fact';

/** What an administrator has set of a tenant: how it is called, its labels, and what keeps it from being deleted. */
export function identityFacts(tenant: TenantBody, now = Date.now()): Fact[] {
  const { displayName, externalId, plan, holdUntil, holdReason } = tenant;
  const labels = labelsText(tenant);
  const isOver = holdUntil !== null && Date.parse(holdUntil) <= now;
  const why = holdReason === null ? '' : `: ${holdReason}`;
  return [
    ...optional('display name', displayName, (it) => it),
    ...optional('external id', externalId, (it) => it),
    ...optional('labels', labels === '' ? null : labels, (it) => it),
    ...optional('plan', plan, (it) => it),
    ...protectionFacts(tenant),
    ...optional('held', holdUntil, (it) =>
      isOver ? `until ${it}, which is over${why}` : `until ${it}, neither purged nor hard-deleted before${why}`,
    ),
  ];
}

const protectionFacts = ({ deletionProtected, status }: TenantBody): Fact[] => {
  const rollback =
    status === 'provisioning' ? ', but its create is still rolled back where it fails or is aborted' : '';
  return deletionProtected ? [['protected', `from every deletion, a purge included${rollback}`]] : [];
};

/** A tenant with what an administrator has set of it, a line each. */
export function identityLines(tenant: TenantBody): string[] {
  const facts = identityFacts(tenant);
  const shown: Fact[] = facts.length === 0 ? [['set', 'nothing']] : facts;
  return [toLine(['name', pc.bold(tenant.name)]), ...shown.map(toLine)];
}

/** `region=eu, tier=gold` */
export const labelsText = ({ labels }: Pick<TenantBody, 'labels'>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join(', ');

/** What keeps it from being deleted, in a word each: `protected`, `held`. */
export const protectionWords = ({ deletionProtected, holdUntil }: TenantBody, now = Date.now()): string[] => [
  ...(deletionProtected ? ['protected'] : []),
  ...(holdUntil !== null && Date.parse(holdUntil) > now ? ['held'] : []),
];
