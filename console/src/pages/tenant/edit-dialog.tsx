import { updateTenantBody, type TenantDetailBody } from '@freeflow/contract/http';
import { Alert, Button, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Refusal } from '../../api/client';
import type { ShownTenant } from '../../api/tenants';
import { useTenantChanges } from '../../api/use-changes';
import { DialogButtons } from '../../parts/dialog-buttons';
import { errorsByField, refusalsByField } from '../../parts/form-errors';
import { labelsOf, labelsPatch, labelTexts } from '../../parts/labels';
import { LabelsInput } from '../../parts/labels-input';
import { PlanSelect } from '../../parts/plan-select';
import { ProblemView } from '../../parts/problem-view';

const valuesOf = ({ displayName, externalId, labels, plan }: TenantDetailBody) => ({
  displayName: displayName ?? '',
  externalId: externalId ?? '',
  labels: labelTexts(labels),
  plan: plan ?? '',
});
type Values = ReturnType<typeof valuesOf>;

const patchOf = (before: TenantDetailBody, { displayName, externalId, labels, plan }: Values) => ({
  displayName: displayName === '' ? null : displayName,
  externalId: externalId === '' ? null : externalId,
  labels: labelsPatch(before.labels, labelsOf(labels)),
  // An operation, unlike all else: not asked for unless it is another one.
  ...(plan === (before.plan ?? '') ? {} : { plan: plan === '' ? null : plan }),
});

const isOvertaken = (error: unknown): boolean =>
  error instanceof Refusal && error.problem.code === 'precondition-failed';

/** Changes what a tenant is called, unless somebody else has changed it since this was opened. */
export function EditDialog({ shown, onClose }: { shown: ShownTenant; onClose: () => void }) {
  const changes = useTenantChanges();
  // As it was when it was opened: what is sent holds for that alone.
  const [{ tenant, etag }, setOpened] = useState(shown);
  const [isRefused, setRefused] = useState(false);
  const form = useForm<Values>({
    initialValues: valuesOf(tenant),
    validateInputOnChange: true,
    validate: (values) => errorsByField(updateTenantBody.safeParse(patchOf(tenant, values))),
  });
  const update = useMutation({
    mutationFn: (values: Values) => changes.update(tenant.id, patchOf(tenant, values), etag),
    onSuccess: onClose,
    onError: (error) => form.setErrors(refusalsByField(error)),
  });
  const takeOver = () => {
    setOpened(shown);
    form.setValues(valuesOf(shown.tenant));
    update.reset();
  };
  return (
    <Modal opened onClose={onClose} title={`Edit ${tenant.name}`}>
      <form onSubmit={form.onSubmit((values) => (isRefused ? undefined : update.mutate(values)))} noValidate>
        <Stack gap="sm">
          <TextInput label="Display name" data-autofocus {...form.getInputProps('displayName')} />
          <TextInput label="External id" {...form.getInputProps('externalId')} />
          <LabelsInput
            label="Labels"
            description="Each by Enter"
            {...form.getInputProps('labels')}
            value={form.values.labels}
            onRefused={setRefused}
          />
          <PlanSelect {...form.getInputProps('plan')} value={form.values.plan} />
          {isOvertaken(update.error) ? (
            <Alert color="yellow" title="Somebody else was faster" role="alert">
              It was changed since this was opened. Nothing of yours was written.
              <Button size="xs" mt="xs" variant="default" onClick={takeOver}>
                Show how it is now
              </Button>
            </Alert>
          ) : update.error === null ? null : (
            <ProblemView error={update.error} />
          )}
          <DialogButtons action="Save" isBusy={update.isPending} isDisabled={isRefused} onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
