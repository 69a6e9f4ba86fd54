import {
  OPERATION_REQUESTS,
  TENANT_REQUEST_NAMES,
  TENANT_SITUATIONS,
  type Decision,
  type TenantRequestName,
  PROBLEMS,
} from '@freeflow/contract';

/** `DELETE ?mode=hard&force=true`: without what is the default. */
function callOf(name: TenantRequestName): string {
  const { method, path, query = {}, body } = OPERATION_REQUESTS[name];
  const params = Object.entries(query).filter(([, value]) => value !== 'soft' && value !== 'false');
  const rest = path.replace('/tenants/:id', '');
  return `\`${method}${rest === '' ? '' : ` ...${rest}`}${params.length === 0 ? '' : ` ?${new URLSearchParams(params).toString()}`}${body === undefined ? '' : ` ${body}`}\``;
}

const decisionsOf = (name: TenantRequestName) =>
  TENANT_SITUATIONS.map((situation) => cell(OPERATION_REQUESTS[name].decisions?.[situation] ?? 'tenant-unknown'));

const cell = (decision: Decision): string => {
  if (decision === 'accept') return '**202**';
  if (decision === 'nothing') return '202, nothing to do';
  return `${PROBLEMS[decision].status} \`${decision}\``;
};

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** docs/reports/lifecycle.md, written from the table that decides. */
export const lifecyclePage = (): string => `# The life of a tenant

Written from \`OPERATIONS\` in contract/operations/table.ts, by which the API decides (renew it with \`UPDATE_DOCS=1 npx jest api/lifecycle\`).

\`\`\`
 POST ──▶ provisioning ──▶ active ◀──suspend/resume──▶ suspended
              │              │  ▲                         │
              │            delete └──────restore──────┐ delete
              ▼              ▼                        │   ▼
            gone ◀──────── deleting ◀──purge, hard──  deleted (soft: access cut, data kept)
\`\`\`

What a request does while no operation is in progress. \`registered\` is a tenant that was registered (db:seed), never provisioned;
\`provisioning\` and \`deleting\` without an operation are what a skipped step leaves.

${row(['', ...TENANT_SITUATIONS])}
${row(['---', ...TENANT_SITUATIONS.map(() => '---')])}
${TENANT_REQUEST_NAMES.map((name) => row([callOf(name), ...decisionsOf(name)])).join('\n')}

While an operation is in progress: 202 with that operation, where it does exactly that (a purge counts as a hard delete); a forced hard delete
interrupts any other, which is rolled back before the deletion follows, and \`suspend\` and \`delete\` a rotation or the end of old credentials, which is undone or given up; an adoption goes beside it, one at a time for each resource; else 409 \`operation-in-progress\`.

- **suspend** cuts access at every backend, open sessions included, and checks by the tenant's own credentials that they are refused.
- **resume** restores it: the same credentials work, probed at every backend before the tenant is active again.
- **delete** (soft) cuts access and keeps the data until \`purgeAt\` (\`RETENTION_MS\`, 7 days by default); a hold keeps it longer.
- **upgrade** applies the newest version of the [blueprint](../blueprint.md), and what is missing of the one it has. One that fails is rolled back as an operation: the
  tenant stays active with its version before, and keeps each file that was applied.
- **restore** makes it what it was before it was deleted, active or suspended. One that is rolled back, refused or cancelled
  leaves a full new retention: nothing is purged soon after an attempt to save it, unless by a forced delete.
- **adopt** records the new id, or the new server, of what carries the tenant's ownership nonce after a restore; what is parked for it goes on. It changes
  neither tenant nor backend, and is not the tenant's last operation: \`GET /tenants/{id}\` shows it under \`adoptions\`.
- **change of plan** (\`PATCH {"plan": ...}\`) gives it the [limits of another plan](../plans.md) at every backend, active or suspended, and leaves it what it is. Where it fails for
  good, or is aborted, each backend has the limits that it had before. The plan counts once all of them have it.
- **rotate** makes new credentials valid beside those that are, at every backend or one, and hands these out; those before work for
  another \`overlapSeconds\` (an hour by default), and are then ended by a schedule, with their sessions (\`retire\`). With 0 the same operation
  ends them. A second one while an overlap is open is 409 \`overlap-open\`, unless it has none: [rotation](../rotation.md).
- **purge**: a schedule deletes for good what is due. What was read back from each server stays with the operation as \`evidence\`.
- **hold** (\`PUT\`, \`DELETE .../hold\`): until its date the data stays. No purge, and a hard delete is 409 \`on-hold\`, forced or not; a soft one is not.
- **deletionProtected** (\`PATCH\`): every deletion is 409 \`deletion-protected\`, and a purge waits until it is taken off. Suspend, resume and restore are possible.
- Both are checked before all else when a deletion is requested, and again when it begins: set in between, they refuse it before anything is dropped.
  Once a deletion that drops data has begun, or a create is being rolled back, there is nothing left to protect: 409 \`being-deleted\`. Once a soft
  delete has begun, protection is 409 \`being-soft-deleted\` until that has ended or is rolled back; a hold is not, since it keeps the data. A create
  that fails or is aborted is rolled back, protected or not: nobody has had that tenant. A hold before the tenant is active is 409
  \`not-active-yet\`, and \`never-active\` where a skipped step has left it half made.
- An operation that fails for good at one backend is rolled back at all of them: the tenant is as it was before.
`;
