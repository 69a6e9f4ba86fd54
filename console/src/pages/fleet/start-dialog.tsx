import { upgradeBody, type FleetBody } from '@freeflow/contract/http';
import { Modal, NativeSelect, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { keepPreviousData, useMutation, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { fleetQuery, startUpgrade } from '../../api/fleet';
import { KEYS } from '../../api/keys';
import { useApi } from '../../auth/session';
import { DialogButtons } from '../../parts/dialog-buttons';
import { errorsByField, refusalsByField } from '../../parts/form-errors';
import { LabelsInput } from '../../parts/labels-input';
import { ProblemView } from '../../parts/problem-view';
import { behindText, olderText } from './behind-text';
import { countBehind } from './changes';

interface Props {
  fleet: FleetBody;
  labels: readonly string[];
  onClose: () => void;
}

interface Values {
  to: string;
  canary: string;
  concurrency: string;
  pauseOnFailures: string;
  only: string[];
}

const DEFAULTS = upgradeBody.parse({});
const NUMBERS = [
  ['canary', 'Canaries', 'So many first'],
  ['concurrency', 'At a time', 'So many side by side'],
  ['pauseOnFailures', 'Pause after', 'So many failures'],
] as const;

// What is no number is told by the rules of the API, and not taken as 0.
const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));

const bodyOf = ({ to, canary, concurrency, pauseOnFailures, only }: Values) => ({
  to: numberOf(to),
  canary: numberOf(canary),
  concurrency: numberOf(concurrency),
  pauseOnFailures: numberOf(pauseOnFailures),
  only,
});

/** Upgrades the fleet; says before that how many it would be about. */
export function StartDialog({ fleet, labels, onClose }: Props) {
  const api = useApi();
  const client = useQueryClient();
  const navigate = useNavigate({ from: '/fleet' });
  // Sent again after a failure it is the same request; after a change of what is asked it is not.
  const [key, setKey] = useState(() => crypto.randomUUID());
  // Without a label that was meant it would be about others, or all of them, and there is no way back.
  const [isRefused, setRefused] = useState(false);
  const form = useForm<Values>({
    initialValues: {
      to: String(fleet.version ?? ''),
      canary: String(DEFAULTS.canary),
      concurrency: String(DEFAULTS.concurrency),
      pauseOnFailures: String(DEFAULTS.pauseOnFailures),
      only: [...labels],
    },
    validateInputOnChange: true,
    validate: (values) => errorsByField(upgradeBody.safeParse(bodyOf(values))),
    onValuesChange: () => setKey(crypto.randomUUID()),
  });
  const start = useMutation({
    mutationFn: (values: Values) => startUpgrade(api, { body: bodyOf(values), key }),
    onSuccess: (upgrade) => {
      client.setQueryData(KEYS.fleetUpgrade(upgrade.id), upgrade);
      void navigate({ search: ({ label }) => (label === undefined ? {} : { label }), replace: true });
    },
    onError: (error) => form.setErrors(refusalsByField(error)),
    onSettled: () => client.invalidateQueries({ queryKey: KEYS.fleet }),
  });
  const { to, only } = form.values;
  const counted = useQuery({ ...fleetQuery(api, only), placeholderData: keepPreviousData });
  const versions = fleet.versions.flatMap(({ version }) => (version === null ? [] : [String(version)]));
  return (
    <Modal opened onClose={onClose} title="Upgrade the fleet" size="lg">
      <form onSubmit={form.onSubmit((values) => (isRefused ? undefined : start.mutate(values)))} noValidate>
        <Stack gap="sm">
          <NativeSelect label="To version" data={versions} data-autofocus {...form.getInputProps('to')} />
          <SimpleGrid cols={{ base: 1, xs: 3 }}>
            {NUMBERS.map(([field, label, description]) => (
              <TextInput
                key={field}
                type="number"
                inputMode="numeric"
                label={label}
                description={description}
                {...form.getInputProps(field)}
              />
            ))}
          </SimpleGrid>
          <LabelsInput
            label="Only those with labels"
            description="All of these, each by Enter"
            {...form.getInputProps('only')}
            value={only}
            onRefused={setRefused}
          />
          <WhatWouldRun to={Number(to)} counted={counted} />
          {start.error === null ? null : <ProblemView error={start.error} />}
          <DialogButtons
            action="Upgrade"
            isBusy={start.isPending}
            isDisabled={isRefused || counted.isPlaceholderData}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}

/** Counted anew for these labels. */
function WhatWouldRun({
  to,
  counted: { data, isPlaceholderData },
}: {
  to: number;
  counted: Pick<UseQueryResult<FleetBody>, 'data' | 'isPlaceholderData'>;
}) {
  if (data === undefined) return null;
  if (isPlaceholderData)
    return (
      <Text size="sm" component="output">
        Counting those with these labels…
      </Text>
    );
  return (
    <Text size="sm" component="output">
      {to === data.version ? behindText(data) : olderText(countBehind(data, to), to)} A tenant whose upgrade fails keeps
      what was applied and the version that it has; there is no way back from one.
    </Text>
  );
}
