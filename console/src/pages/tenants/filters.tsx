import { OPERATION_STATES, TENANT_STATUSES, type OperationState, type TenantStatus } from '@freeflow/contract';
import { Button, Checkbox, Group, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { LabelsInput } from '../../parts/labels-input';
import type { TenantSearch } from './route';

type Filters = Pick<TenantSearch, 'prefix' | 'status' | 'operation' | 'label' | 'gone'>;

const TYPING_MS = 250;
const words = <T extends string>(values: readonly T[]) =>
  values.map((value) => ({ value, label: value.replaceAll('_', ' ') }));

/** What the list is filtered by; each change is told at once, names when typing pauses. */
export function TenantFilters({ filters, onChange }: { filters: Filters; onChange: (changed: Filters) => void }) {
  const isFiltered = Object.values(filters).some((it) => it !== undefined);
  return (
    <Group component="search" gap="xs" align="flex-end" mb="md">
      {/* Made anew where the name comes from elsewhere, such as a link. */}
      <NameFilter key={filters.prefix ?? ''} prefix={filters.prefix} onChange={(prefix) => onChange({ prefix })} />
      <Select
        label="Status"
        placeholder="Any"
        clearable
        w={140}
        size="xs"
        data={words<TenantStatus>(TENANT_STATUSES)}
        value={filters.status ?? null}
        onChange={(status) => onChange({ status: status ?? undefined })}
      />
      <Select
        label="Operation"
        placeholder="Any"
        clearable
        w={140}
        size="xs"
        data={words<OperationState>(OPERATION_STATES)}
        value={filters.operation ?? null}
        onChange={(operation) => onChange({ operation: operation ?? undefined })}
      />
      <LabelsInput
        label="Labels"
        size="xs"
        w={220}
        value={filters.label ?? []}
        onChange={([first, ...more]) => onChange({ label: first === undefined ? undefined : [first, ...more] })}
      />
      <Checkbox
        label="Gone ones too"
        size="xs"
        pb={6}
        checked={filters.gone === true}
        onChange={({ currentTarget }) => onChange({ gone: currentTarget.checked ? true : undefined })}
      />
      {isFiltered ? (
        <Button
          variant="subtle"
          size="xs"
          onClick={() =>
            onChange({ prefix: undefined, status: undefined, operation: undefined, label: undefined, gone: undefined })
          }
        >
          Clear
        </Button>
      ) : null}
    </Group>
  );
}

function NameFilter({
  prefix,
  onChange,
}: {
  prefix: string | undefined;
  onChange: (prefix: string | undefined) => void;
}) {
  const [typed, setTyped] = useState(prefix ?? '');
  const tell = useDebouncedCallback(onChange, TYPING_MS);
  return (
    <TextInput
      label="Name"
      type="search"
      placeholder="Begins with"
      size="xs"
      w={180}
      leftSection={<IconSearch size={14} aria-hidden />}
      value={typed}
      onChange={({ currentTarget }) => {
        const text = currentTarget.value.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
        setTyped(text);
        tell(text === '' ? undefined : text);
      }}
    />
  );
}
