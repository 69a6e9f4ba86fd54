import { EVENT_NAMES } from '@freeflow/contract';
import { updateWebhookBody, type UpdateWebhookBody, type WebhookBody } from '@freeflow/contract/http';
import { Modal, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { KEYS } from '../../api/keys';
import { updateWebhook } from '../../api/webhooks';
import { useApi } from '../../auth/session';
import { DialogButtons } from '../../parts/dialog-buttons';
import { errorsByField, refusalsByField } from '../../parts/form-errors';
import { ProblemView } from '../../parts/problem-view';
import { WebhookFields, type WebhookValues } from '../webhooks/fields';

/** Changes where a webhook is, what it is for, and which events it gets. */
export function EditDialog({ webhook, onClose }: { webhook: WebhookBody; onClose: () => void }) {
  const { id, url } = webhook;
  const api = useApi();
  const client = useQueryClient();
  // As it was when this was opened: nothing that somebody else changes meanwhile is changed back.
  const [before] = useState<WebhookValues>(() => ({
    url: '',
    description: webhook.description ?? '',
    eventTypes: EVENT_NAMES.filter((it) => webhook.eventTypes.includes(it)),
  }));
  const [values, setValues] = useState(before);
  const body = changeOf(before, values);
  const update = useMutation({
    mutationFn: () => updateWebhook(api, { id, ...body }),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: KEYS.webhooks }),
    gcTime: 0,
  });
  // What is said at a field is not said once more.
  const refused = refusalsByField(update.error);
  const wrong = errorsByField(updateWebhookBody.safeParse(body));
  return (
    <Modal opened onClose={onClose} title={`Change the webhook at ${url}`} size="lg">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          update.mutate();
        }}
      >
        <Stack gap="sm">
          <WebhookFields
            current={url}
            values={values}
            errors={{ ...wrong, ...refused }}
            onChange={(changed) => {
              setValues(changed);
              update.reset();
            }}
          />
          {update.error === null || Object.keys(refused).length > 0 ? null : <ProblemView error={update.error} />}
          <DialogButtons
            action="Change"
            isBusy={update.isPending}
            isDisabled={Object.keys(body).length === 0 || Object.keys(wrong).length > 0}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}

/** What is another one now; all else is left as it is. */
function changeOf(before: WebhookValues, { url, description, eventTypes }: WebhookValues): UpdateWebhookBody {
  const text = description.trim();
  return {
    ...(url === '' ? {} : { url }),
    ...(text === before.description ? {} : { description: text === '' ? null : text }),
    ...(eventTypes.join() === before.eventTypes.join() ? {} : { eventTypes }),
  };
}
