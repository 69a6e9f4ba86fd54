import type { WebhookBody } from '@freeflow/contract/http';
import { Modal, NativeSelect, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { isOutcomeUnknown } from '../../api/client';
import { rotateSecret } from '../../api/webhooks';
import { useApi } from '../../auth/session';
import { DialogButtons } from '../../parts/dialog-buttons';
import { ProblemView } from '../../parts/problem-view';
import { LostAnswer } from '../webhooks/lost-answer';
import { makeSecret } from '../webhooks/make-secret';
import { SecretOnce } from '../webhooks/secret-once';

const HOUR_S = 3_600;
const OVERLAPS = [
  { value: String(HOUR_S), label: 'an hour' },
  { value: String(12 * HOUR_S), label: '12 hours' },
  { value: String(24 * HOUR_S), label: 'a day' },
  { value: String(7 * 24 * HOUR_S), label: 'a week' },
  { value: '0', label: 'no time: the new one alone, at once' },
];
const A_DAY = String(24 * HOUR_S);

/** Another secret, and how long the one before signs beside it. */
export function RotateDialog({ webhook: { id, url }, onClose }: { webhook: WebhookBody; onClose: () => void }) {
  const api = useApi();
  const [overlap, setOverlap] = useState(A_DAY);
  const [secret] = useState(makeSecret);
  const [key, setKey] = useState(() => crypto.randomUUID());
  const rotate = useMutation({
    mutationFn: () => rotateSecret(api, { id, body: { secret, overlapSeconds: Number(overlap) }, key }),
    // It has the secret.
    gcTime: 0,
  });
  // What is under way may be done, and then its secret has to be shown.
  const close = () => (rotate.isPending ? undefined : onClose());
  const isDone = rotate.data !== undefined;
  const isLost = rotate.error !== null && isOutcomeUnknown(rotate.error);
  const chosen = OVERLAPS.find(({ value }) => value === overlap)?.label ?? '';
  return (
    <Modal
      opened
      onClose={close}
      title={`Rotate the secret of the webhook at ${url}`}
      size="lg"
      withCloseButton={!isDone}
      closeOnClickOutside={!isDone && !isLost}
      closeOnEscape={!isDone}
    >
      {isDone ? (
        <SecretOnce
          secret={secret}
          note={overlap === '0' ? '' : `The one before signs beside it for ${chosen}.`}
          onStored={onClose}
        />
      ) : (
        <Stack gap="sm">
          <Text size="sm">
            Deliveries are signed by another secret, and for a while by the one before as well, so that the receiver
            takes either until it has the new one.
          </Text>
          <NativeSelect
            label="The one before signs beside it for"
            data={OVERLAPS}
            disabled={isLost}
            value={overlap}
            onChange={({ currentTarget }) => {
              setOverlap(currentTarget.value);
              setKey(crypto.randomUUID());
            }}
          />
          {rotate.error === null || isLost ? null : <ProblemView error={rotate.error} />}
          {isLost ? (
            <LostAnswer wayOut="If you leave it, deliveries may be signed by a secret that nobody has. Then rotate the secret once more, or remove the webhook." />
          ) : null}
          <DialogButtons
            action={isLost ? 'Send it again' : 'Rotate'}
            isBusy={rotate.isPending}
            isHeldWhileBusy
            onConfirm={() => rotate.mutate()}
            onClose={onClose}
          />
        </Stack>
      )}
    </Modal>
  );
}
