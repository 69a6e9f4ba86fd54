import { OPERATION_STATES, TENANT_STATUSES } from '@freeflow/contract';
import { Button, Checkbox, Group, NativeSelect, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { Suspense } from 'react';
import { lazyPart } from '../../parts/load-later';
import { TextFilter } from '../../parts/text-filter';
import { usePlanNames } from '../../parts/use-plan-names';
import type { TenantSearch } from './route';

type Filters = Pick<TenantSearch, 'prefix' | 'status' | 'operation' | 'plan' | 'label' | 'gone'>;

const LabelsInput = lazyPart(async () => (await import('../../parts/labels-input')).LabelsInput);

/** What a name can have, of what is typed. */
const nameCharacters = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** What the list is filtered by; each change is told at once, names when typing pauses. */
export function TenantFilters({ filters, onChange }: { filters: Filters; onChange: (changed: Filters) => void }) {
  const plans = usePlanNames(filters.plan ?? '').map(({ name }) => name);
  const isFiltered = Object.values(filters).some((it) => it !== undefined);
  return (
    <Group component="search" gap="xs" align="flex-end" mb="md">
      <TextFilter
        label="Name"
        placeholder="Begins with"
        w={180}
        leftSection={<IconSearch size={14} aria-hidden />}
        value={filters.prefix}
        clean={nameCharacters}
        onSettle={(prefix) => onChange({ prefix })}
      />
      <WordFilter
        label="Status"
        words={TENANT_STATUSES}
        value={filters.status}
        onChange={(status) => onChange({ status })}
      />
      <WordFilter
        label="Operation"
        words={OPERATION_STATES}
        value={filters.operation}
        onChange={(operation) => onChange({ operation })}
      />
      {plans.length === 0 ? null : (
        <WordFilter label="Plan" words={plans} value={filters.plan} onChange={(plan) => onChange({ plan })} />
      )}
      <Suspense fallback={<TextInput label="Labels" placeholder="key:value" size="xs" w={220} disabled />}>
        <LabelsInput
          label="Labels"
          size="xs"
          w={220}
          value={filters.label ?? []}
          onChange={([first, ...more]) => onChange({ label: first === undefined ? undefined : [first, ...more] })}
        />
      </Suspense>
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
            onChange({
              prefix: undefined,
              status: undefined,
              operation: undefined,
              plan: undefined,
              label: undefined,
              gone: undefined,
            })
          }
        >
          Clear
        </Button>
      ) : null}
    </Group>
  );
}

interface WordProps<Word extends string> {
  label: string;
  words: readonly Word[];
  value: Word | undefined;
  onChange: (word: Word | undefined) => void;
}

const WordFilter = <Word extends string>({ label, words, value, onChange }: WordProps<Word>) => (
  <NativeSelect
    label={label}
    size="xs"
    w={140}
    value={value ?? ''}
    data={[{ value: '', label: 'Any' }, ...words.map((it) => ({ value: it, label: it.replaceAll('_', ' ') }))]}
    onChange={({ currentTarget }) => onChange(words.find((it) => it === currentTarget.value))}
  />
);
