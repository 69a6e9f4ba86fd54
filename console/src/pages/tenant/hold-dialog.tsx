import { holdBody } from '@freeflow/contract/http';
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { ShownTenant } from '../../api/tenants';
import { useTenantChanges } from '../../api/use-changes';
import { errorsByField, refusalsByField } from '../../parts/form-errors';
import { ProblemView } from '../../parts/problem-view';

/** As a field of a date and a time has it, in the zone of whoever types. */
const localInput = (at: Date): string =>
  new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

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
      until: holdUntil === null ? '' : localInput(new Date(holdUntil)),
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
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={hold.isPending}>
              Hold
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
