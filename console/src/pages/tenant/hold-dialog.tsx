import { holdBody } from '@freeflow/contract/http';
import { Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { ShownTenant } from '../../api/tenants';
import { useTenantChanges } from '../../api/use-changes';
import { DialogButtons } from '../../parts/dialog-buttons';
import { errorsByField, refusalsByField } from '../../parts/form-errors';
import { localMoment } from '../../parts/local-moment';
import { ProblemView } from '../../parts/problem-view';

const utcOf = (local: string): string => {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? local : at.toISOString();
};

/** Keeps the data of a tenant until a date. */
export function HoldDialog({ shown, onClose }: { shown: ShownTenant; onClose: () => void }) {
  const changes = useTenantChanges();
  // As it was when this was opened: a hold that somebody else has set meanwhile is not made shorter.
  const [{ tenant, etag }] = useState(shown);
  const { id, name, holdUntil, holdReason } = tenant;
  const form = useForm({
    initialValues: {
      until: holdUntil === null ? '' : localMoment(new Date(holdUntil)),
      reason: holdReason ?? '',
    },
    validate: ({ until, reason }) => errorsByField(holdBody.safeParse({ until: utcOf(until), reason })),
  });
  const hold = useMutation({
    mutationFn: ({ until, reason }: typeof form.values) => changes.hold(id, { until: utcOf(until), reason }, etag),
    onSuccess: onClose,
    onError: (error) => form.setErrors(refusalsByField(error)),
  });
  return (
    <Modal opened onClose={onClose} title={`Hold ${name}`}>
      <form onSubmit={form.onSubmit((values) => hold.mutate(values))} noValidate>
        <Stack gap="sm">
          <TextInput
            label="Until"
            description="In your zone"
            type="datetime-local"
            required
            data-autofocus
            {...form.getInputProps('until')}
          />
          <TextInput label="Reason" placeholder="Case 4711" required {...form.getInputProps('reason')} />
          {hold.error === null ? null : <ProblemView error={hold.error} />}
          <DialogButtons action="Hold" isBusy={hold.isPending} onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
