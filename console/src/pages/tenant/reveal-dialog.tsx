import { BACKEND_KINDS, BACKENDS, type BackendKind } from '@freeflow/contract';
import { revealBody, type RevealedContent, type TenantDetailBody } from '@freeflow/contract/http';
import { Alert, Modal, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { revealCredentials } from '../../api/reveal';
import { useApi, useSession } from '../../auth/session';
import { DialogButtons } from '../../parts/dialog-buttons';
import { ProblemView } from '../../parts/problem-view';
import { RevealedView } from './revealed-view';

const BACKEND_CHOICES = [
  { value: '', label: 'All backends' },
  ...BACKEND_KINDS.map((value) => ({ value, label: BACKENDS[value].title })),
];

/** In this dialog alone, and nowhere that outlives it: neither in what was read before nor in the address. */
type State = { is: 'asking'; error?: unknown } | { is: 'waiting' } | { is: 'shown'; content: RevealedContent };

/** Asks once more before credentials are shown, and why; then they are, for a minute. */
export function RevealDialog({ tenant: { id, name }, onClose }: { tenant: TenantDetailBody; onClose: () => void }) {
  const api = useApi();
  const session = useSession();
  const [backend, setBackend] = useState<BackendKind | ''>('');
  const [reason, setReason] = useState('');
  const [state, setState] = useState<State>({ is: 'asking' });
  const asked = useRef<AbortController>(undefined);
  useEffect(() => () => asked.current?.abort(), []);

  const reveal = async () => {
    const { signal } = (asked.current = new AbortController());
    setState({ is: 'waiting' });
    try {
      const content = await revealCredentials(
        api,
        { tenantId: id, reason: reason.trim(), ...(backend === '' ? {} : { backend }) },
        signal,
      );
      if (!signal.aborted) setState({ is: 'shown', content });
    } catch (error) {
      if (!signal.aborted) setState({ is: 'asking', error });
    }
  };
  const isReason = revealBody.shape.reason.safeParse(reason.trim()).success;
  return (
    <Modal opened onClose={onClose} title={`Credentials of ${name}`} size="lg">
      {state.is === 'shown' ? (
        <RevealedView content={state.content} onEnd={onClose} />
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (isReason) void reveal();
          }}
        >
          <Stack gap="sm">
            <Alert color="yellow" title="Whoever sees them can read and change all data of this tenant">
              <Text size="sm">
                A worker reads them and seals them to this page: nobody else can open that. They are shown for a minute.
                The audit trail keeps that {session.name} has asked, at which backend, and why.
              </Text>
            </Alert>
            <NativeSelect
              label="At"
              data={BACKEND_CHOICES}
              value={backend}
              onChange={({ currentTarget }) => setBackend(currentTarget.value as BackendKind | '')}
            />
            <TextInput
              label="Reason"
              placeholder="Case 4711"
              required
              data-autofocus
              maxLength={300}
              value={reason}
              onChange={({ currentTarget }) => setReason(currentTarget.value)}
            />
            {state.is === 'asking' && state.error !== undefined ? <ProblemView error={state.error} /> : null}
            <DialogButtons action="Reveal" isBusy={state.is === 'waiting'} isDisabled={!isReason} onClose={onClose} />
          </Stack>
        </form>
      )}
    </Modal>
  );
}
