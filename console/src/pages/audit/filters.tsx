import { AUDIT_ACTIONS } from '@freeflow/contract';
import { Button, Group, NativeSelect } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import type { AuditFilter } from '../../api/audit';
import { TextFilter } from '../../parts/text-filter';
import { SinceInput } from './since-input';

const ACTIONS = [{ value: '', label: 'any' }, ...[...AUDIT_ACTIONS].sort()];
const NOTHING: AuditFilter = { tenant: undefined, actor: undefined, action: undefined, since: undefined };

/** What the trail is filtered by; each change is told at once, texts when typing pauses. */
export function AuditFilters({ filter, onChange }: { filter: AuditFilter; onChange: (changed: AuditFilter) => void }) {
  const isFiltered = Object.values(filter).some((it) => it !== undefined);
  return (
    <Group component="search" gap="xs" align="flex-end" mb="md">
      <TextFilter
        label="Tenant"
        placeholder="Name or id"
        w={180}
        leftSection={<IconSearch size={14} aria-hidden />}
        value={filter.tenant}
        onSettle={(tenant) => onChange({ tenant })}
      />
      <TextFilter
        label="Actor"
        placeholder="Subject of a token"
        w={200}
        value={filter.actor}
        onSettle={(actor) => onChange({ actor })}
      />
      <NativeSelect
        label="Action"
        w={200}
        size="xs"
        data={ACTIONS}
        value={filter.action ?? ''}
        onChange={({ currentTarget: { value } }) => onChange({ action: AUDIT_ACTIONS.find((it) => it === value) })}
      />
      <SinceInput since={filter.since} onChange={(since) => onChange({ since })} />
      {isFiltered ? (
        <Button variant="subtle" size="xs" onClick={() => onChange(NOTHING)}>
          Clear
        </Button>
      ) : null}
    </Group>
  );
}
