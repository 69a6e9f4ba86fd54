import { createWebhookBody } from '@freeflow/contract/http';
import { Modal, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { isOutcomeUnknown } from '../../api/client';
import { KEYS } from '../../api/keys';
import { createWebhook } from '../../api/webhooks';
import { useApi } from '../../auth/session';
import { DialogButtons } from '../../parts/dialog-buttons';
import { errorsByField, refusalsByField } from '../../parts/form-errors';
import { ProblemView } from '../../parts/problem-view';
import { WebhookFields, type WebhookValues } from './fields';
import { LostAnswer } from './lost-answer';
import { makeSecret } from './make-secret';
import { SecretOnce } from './secret-once';

const EMPTY: WebhookValues = { url: '', description: '', eventTypes: [] };

/** Makes a webhook, and shows the secret that signs what is sent to it. */
export function CreateDialog({ onClose }: { onClose: () => void }) {
  const api = useApi();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [values, setValues] = useState(EMPTY);
  const [secret] = useState(makeSecret);
  // Sent again after a failure it is the same request; after a change of what is asked it is not.
  const [key, setKey] = useState(() => crypto.randomUUID());
  const create = useMutation({
    mutationFn: () => createWebhook(api, { body: bodyOf(values, secret), key }),
    // Also where it has failed: it may be made all the same.
    onSettled: () => client.invalidateQueries({ queryKey: KEYS.webhooks }),
    // It has the secret.
    gcTime: 0,
  });
  // What is said at a field is not said once more.
  const refused = refusalsByField(create.error);
  const isLost = create.error !== null && isOutcomeUnknown(create.error);
  const wrong = values.url === '' ? {} : errorsByField(createWebhookBody.safeParse(bodyOf(values, secret)));
  // What is under way may be done, and then its secret has to be shown.
  const close = () => (create.isPending ? undefined : onClose());
  if (create.data !== undefined) {
    const { id } = create.data;
    const leave = () => void navigate({ to: '/webhooks/$webhookId', params: { webhookId: id } });
    return (
      <Modal
        opened
        onClose={leave}
        title="The webhook is made"
        size="lg"
        withCloseButton={false}
        closeOnClickOutside={false}
        closeOnEscape={false}
      >
        <SecretOnce secret={secret} onStored={leave} />
      </Modal>
    );
  }
  return (
    <Modal opened onClose={close} title="New webhook" size="lg" closeOnClickOutside={!isLost}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Stack gap="sm">
          <WebhookFields
            // What was asked for stays: another request could make another webhook beside it.
            isHeld={isLost}
            values={values}
            errors={{ ...wrong, ...refused }}
            onChange={(changed) => {
              setValues(changed);
              setKey(crypto.randomUUID());
              create.reset();
            }}
          />
          {create.error === null || isLost || Object.keys(refused).length > 0 ? null : (
            <ProblemView error={create.error} />
          )}
          {isLost ? (
            <LostAnswer wayOut="If you leave it, look at the list: a webhook at this URL that you find there signs by a secret that nobody has. Rotate its secret, or remove it." />
          ) : null}
          <DialogButtons
            action={isLost ? 'Send it again' : 'Create'}
            isBusy={create.isPending}
            isDisabled={values.url === '' || Object.keys(wrong).length > 0}
            isHeldWhileBusy
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}

/** As the API takes it: what is empty is left out. */
const bodyOf = ({ url, description, eventTypes }: WebhookValues, secret: string) => ({
  url,
  eventTypes,
  secret,
  ...(description.trim() === '' ? {} : { description: description.trim() }),
});
