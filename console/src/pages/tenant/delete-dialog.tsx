import { OPERATION_REQUESTS, type TenantRequestName } from '@freeflow/contract';
import type { TenantDetailBody } from '@freeflow/contract/http';
import { Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTenantChanges } from '../../api/use-changes';
import { DialogButtons } from '../../parts/dialog-buttons';
import { ProblemView } from '../../parts/problem-view';

interface Props {
  tenant: TenantDetailBody;
  /** One of the deletions. */
  request: TenantRequestName;
  onClose: () => void;
}

/** Deletes a tenant once its name was typed: nobody does it by a slip. */
export function DeleteDialog({ tenant: { id, name, status }, request, onClose }: Props) {
  const changes = useTenantChanges();
  const [typed, setTyped] = useState('');
  const { kind, isForced } = OPERATION_REQUESTS[request];
  const isSoft = kind === 'soft_delete';
  const remove = useMutation({ mutationFn: () => changes.request(id, request), onSuccess: onClose });
  return (
    <Modal opened onClose={onClose} title={isSoft ? `Delete ${name}, restorably` : `Delete ${name} for good`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === name) remove.mutate();
        }}
      >
        <Stack gap="sm">
          <Text size="sm">
            {isSoft
              ? 'Its access is cut at every backend, open sessions included. Its data is kept for the retention time, in which it can be restored; then it is purged.'
              : 'Everything of it is dropped at every backend, now. Nothing can be restored afterwards.'}
          </Text>
          {isForced ? (
            <Text size="sm" fw={500}>
              {status === 'active'
                ? 'It is active: applications that use it lose it in the middle of their work.'
                : 'What is in progress is rolled back first.'}
            </Text>
          ) : null}
          <TextInput
            label={`Type ${name} to confirm`}
            data-autofocus
            value={typed}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
          {remove.error === null ? null : <ProblemView error={remove.error} />}
          <DialogButtons
            action={isSoft ? 'Delete' : 'Delete for good'}
            isDangerous
            isBusy={remove.isPending}
            isDisabled={typed !== name}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
