import type { DeliveryBody, WebhookBody } from '@freeflow/contract/http';
import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { KEYS } from '../../api/keys';
import { useChange } from '../../api/use-change';
import { giveUp, redeliver } from '../../api/webhooks';
import { ConfirmDialog } from '../../parts/lazy-confirm-dialog';
import { ReasonedButton } from '../../parts/reasoned-button';

/** What can be done about a delivery now. */
export function DeliveryActions({ delivery, webhook }: { delivery: DeliveryBody; webhook: WebhookBody }) {
  const { id: deliveryId, state, type, tenantName } = delivery;
  const place = { id: webhook.id, deliveryId };
  const [isGivingUp, setGivingUp] = useState(false);
  const again = useChange({ send: redeliver, stale: KEYS.webhooks });
  const end = useChange({ send: giveUp, stale: KEYS.webhooks, onDone: () => setGivingUp(false) });
  const canEnd = state === 'waiting' || state === 'retrying';
  return (
    <Group gap={4} wrap="nowrap" justify="flex-end">
      <ReasonedButton
        variant="default"
        size="compact-xs"
        loading={again.isPending}
        reason={whyNotAgain(delivery, webhook)}
        aria-label={`${state === 'retrying' ? 'Send now' : 'Send again'}: ${type}`}
        onClick={() => again.mutate(place)}
      >
        {state === 'retrying' ? 'Send now' : 'Send again'}
      </ReasonedButton>
      {canEnd ? (
        <Button variant="default" size="compact-xs" aria-label={`Give up: ${type}`} onClick={() => setGivingUp(true)}>
          Give up…
        </Button>
      ) : null}
      {isGivingUp ? (
        <ConfirmDialog
          title={`Give up ${type}`}
          action="Give it up"
          isBusy={end.isPending}
          onConfirm={() => end.mutate(place)}
          onClose={() => setGivingUp(false)}
        >
          <Text size="sm">
            It is tried no more{tenantName === null ? '' : `, and the next one of ${tenantName} goes`}. While its event
            is kept it can be sent again all the same.
          </Text>
        </ConfirmDialog>
      ) : null}
    </Group>
  );
}

function whyNotAgain({ state }: DeliveryBody, webhook: WebhookBody): string | undefined {
  if (webhook.state === 'disabled') return 'The webhook is disabled: enable it first';
  if (state === 'waiting') return 'It waits for its turn, after the earlier ones of its tenant';
  if (state === 'sending') return 'An attempt is under way';
  return undefined;
}
