import { REPAIRS } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';

/** What a repair would do about a finding; undefined where none does anything about it. */
export const repairOf = ({ class: its, fixable }: Finding): string | undefined =>
  fixable && its in REPAIRS ? REPAIRS[its as keyof typeof REPAIRS] : undefined;
