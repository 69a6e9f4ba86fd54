import type { TenantStatus } from '@freeflow/db-master';
import type { ProblemCode } from '../errors';

/** What a DELETE is judged by. */
export interface DeleteCase {
  status: TenantStatus;
  isGone: boolean;
  hasOpenOperation: boolean;
  /** Registered by hand or by seed: no ledger, nothing ever asked for. */
  isRegisteredOnly: boolean;
  mode: 'soft' | 'hard';
  force: boolean;
}

interface Rule {
  when: (it: DeleteCase) => boolean;
  refuse: ProblemCode;
  detail: string;
}

/** The first that applies decides; a case without one is accepted. */
const RULES: readonly Rule[] = [
  { when: (it) => it.isGone, refuse: 'tenant-unknown', detail: 'The tenant is gone already.' },
  { when: (it) => it.hasOpenOperation, refuse: 'operation-in-progress', detail: 'Another operation on this tenant has not ended yet.' },
  { when: (it) => it.isRegisteredOnly && !(it.mode === 'hard' && it.force), refuse: 'registered-only', detail: 'The tenant was registered, not provisioned: there is nothing here to delete but the registration.' },
  { when: (it) => it.mode === 'soft', refuse: 'not-yet', detail: 'Soft deletion is not possible yet.' },
  { when: (it) => it.status === 'active' && !it.force, refuse: 'force-required', detail: 'The tenant is active, and force was not given.' },
];

/** Why a DELETE is refused, or undefined when it is accepted. */
export function refusalOfDelete(it: DeleteCase): Rule | undefined {
  return RULES.find(({ when }) => when(it));
}
