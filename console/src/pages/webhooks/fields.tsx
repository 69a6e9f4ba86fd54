import { EVENT_NAMES, EVENTS, type EventName } from '@freeflow/contract';
import { MultiSelect, Text, TextInput } from '@mantine/core';

/** What a person says of a webhook. */
export interface WebhookValues {
  url: string;
  description: string;
  eventTypes: EventName[];
}

interface Props {
  values: WebhookValues;
  onChange: (values: WebhookValues) => void;
  errors: Record<string, string>;
  /** Whether nothing can be changed now. */
  isHeld?: boolean;
  /** Where it is sent to now, for one that there is already: its path is shown nowhere. */
  current?: string;
}

/** Where to, what for, and which events. */
export function WebhookFields({ values, onChange, errors, current, isHeld = false }: Props) {
  const set = (changed: Partial<WebhookValues>) => onChange({ ...values, ...changed });
  return (
    <>
      <TextInput
        label="URL"
        disabled={isHeld}
        type="url"
        inputMode="url"
        description={
          current === undefined
            ? 'https, at a public address. Its path and query are stored sealed and shown nowhere'
            : `Now at ${current}, with a path that is shown nowhere. Left empty, it stays`
        }
        placeholder="https://example.com/freeflow"
        required={current === undefined}
        data-autofocus
        value={values.url}
        error={errors['url']}
        onChange={({ currentTarget }) => set({ url: currentTarget.value.trim() })}
      />
      <TextInput
        label="Description"
        disabled={isHeld}
        placeholder="What it is for"
        value={values.description}
        error={errors['description']}
        onChange={({ currentTarget }) => set({ description: currentTarget.value })}
      />
      <MultiSelect
        label="Events"
        disabled={isHeld}
        description="None chosen: all of them, those of later versions too"
        placeholder={values.eventTypes.length === 0 ? 'All' : ''}
        data={EVENT_NAMES}
        searchable
        clearable
        hidePickedOptions
        // The list scrolls by itself, by the keys that move through it: an area around it would be one more to reach.
        withScrollArea={false}
        styles={{ options: { maxHeight: 280, overflowY: 'auto' } }}
        value={values.eventTypes}
        error={errors['eventTypes']}
        onChange={(chosen) => set({ eventTypes: EVENT_NAMES.filter((it) => chosen.includes(it)) })}
        renderOption={({ option }) => (
          <div>
            <Text size="sm">{option.value}</Text>
            <Text size="xs" c="dimmed">
              {EVENTS[option.value as EventName].meaning}
            </Text>
          </div>
        )}
      />
    </>
  );
}
