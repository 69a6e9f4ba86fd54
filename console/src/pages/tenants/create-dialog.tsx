import { BACKEND_KINDS, BACKENDS, tenantNames } from '@freeflow/contract';
import { createTenantBody, tenantName } from '@freeflow/contract/http';
import { Code, Modal, SimpleGrid, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { tenantListQuery } from '../../api/tenants';
import { useTenantChanges } from '../../api/use-changes';
import { useApi } from '../../auth/session';
import { DialogButtons } from '../../parts/dialog-buttons';
import { errorsByField, refusalsByField } from '../../parts/form-errors';
import { labelsOf } from '../../parts/labels';
import { LabelsInput } from '../../parts/labels-input';
import { PlanSelect } from '../../parts/plan-select';
import { ProblemView } from '../../parts/problem-view';

const TYPING_MS = 300;

const INITIAL = {
  name: '',
  displayName: '',
  externalId: '',
  labels: [] as string[],
  plan: '',
  deletionProtected: false,
};
type Values = typeof INITIAL;

/** As the API takes it: what is empty is left out. */
const bodyOf = ({ name, displayName, externalId, labels, plan, deletionProtected }: Values) => ({
  name,
  displayName: displayName === '' ? null : displayName,
  externalId: externalId === '' ? null : externalId,
  labels: labelsOf(labels),
  plan: plan === '' ? null : plan,
  deletionProtected,
});

/** Asks for a new tenant, by the very rules of the API; then shows it as it comes into being. */
export function CreateDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const changes = useTenantChanges();
  // Sent again after a failure it is the same request; after a change of what is asked it is not.
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [isRefused, setRefused] = useState(false);
  const form = useForm<Values>({
    initialValues: INITIAL,
    validateInputOnChange: true,
    validate: (values) => errorsByField(createTenantBody.safeParse(bodyOf(values))),
    onValuesChange: () => setKey(crypto.randomUUID()),
  });
  const create = useMutation({
    mutationFn: (values: Values) => changes.create(bodyOf(values), key),
    onSuccess: ({ id }) => void navigate({ to: '/tenants/$tenantId', params: { tenantId: id } }),
    onError: (error) => form.setErrors(refusalsByField(error)),
  });
  const { name } = form.values;
  const isTaken = useIsTaken(name);
  const nameError = name === '' ? undefined : (form.errors['name'] ?? (isTaken ? 'is taken' : undefined));
  return (
    <Modal opened onClose={onClose} title="New tenant" size="lg">
      <form onSubmit={form.onSubmit((values) => (isRefused ? undefined : create.mutate(values)))} noValidate>
        <Stack gap="sm">
          <TextInput
            label="Name"
            description="3 to 30 letters a-z and digits; it can not be changed later"
            required
            data-autofocus
            {...form.getInputProps('name')}
            error={nameError}
          />
          <ResourceNames name={name} />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput label="Display name" placeholder="Acme Inc." {...form.getInputProps('displayName')} />
            <TextInput label="External id" placeholder="crm-4711" {...form.getInputProps('externalId')} />
          </SimpleGrid>
          <LabelsInput
            label="Labels"
            description="Each by Enter"
            {...form.getInputProps('labels')}
            value={form.values.labels}
            onRefused={setRefused}
          />
          <PlanSelect {...form.getInputProps('plan')} value={form.values.plan} />
          <Switch label="Protect it from deletion" {...form.getInputProps('deletionProtected', { type: 'checkbox' })} />
          {create.error === null ? null : <ProblemView error={create.error} />}
          <DialogButtons
            action="Create"
            isBusy={create.isPending}
            isDisabled={name === '' || nameError !== undefined || isRefused}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}

/** Whether a living tenant has the name. It may be taken all the same by then: the API decides. */
function useIsTaken(name: string): boolean {
  const [settled] = useDebouncedValue(name, TYPING_MS);
  const { data } = useQuery({
    ...tenantListQuery(useApi(), { name: settled, limit: 1 }),
    enabled: tenantName.safeParse(settled).success,
  });
  return settled === name && data !== undefined && data.items.length > 0;
}

/** What it will have at each backend. */
function ResourceNames({ name }: { name: string }) {
  if (!tenantName.safeParse(name).success) return null;
  const names = tenantNames(name);
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing={4} verticalSpacing={4}>
      {BACKEND_KINDS.map((kind) => (
        <Text key={kind} size="xs" c="dimmed">
          {BACKENDS[kind].title} {BACKENDS[kind].resource} <Code>{names[BACKENDS[kind].nameColumn]}</Code>
        </Text>
      ))}
    </SimpleGrid>
  );
}
