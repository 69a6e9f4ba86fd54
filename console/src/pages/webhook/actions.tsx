import type { WebhookBody } from '@freeflow/contract/http';
import { Button, Group, Menu, Text } from '@mantine/core';
import { IconDots, IconKey, IconPencil, IconRefresh, IconSend, IconTrash } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { Suspense, useState } from 'react';
import { KEYS } from '../../api/keys';
import { useChange } from '../../api/use-change';
import { deleteWebhook, pingWebhook, updateWebhook } from '../../api/webhooks';
import { ConfirmDialog } from '../../parts/lazy-confirm-dialog';
import { lazyPart } from '../../parts/load-later';
import type { Redelivery } from './use-redeliver-all';

const EditDialog = lazyPart(async () => (await import('./edit-dialog')).EditDialog);
const RotateDialog = lazyPart(async () => (await import('./rotate-dialog')).RotateDialog);

type Dialog = 'edit' | 'rotate' | 'delete';

interface Props {
  webhook: WebhookBody;
  redelivery: Redelivery;
}

/** What can be done with a webhook. */
export function WebhookActions({ webhook, redelivery }: Props) {
  const { id, state, url } = webhook;
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<Dialog>();
  const close = () => setDialog(undefined);
  const stale = KEYS.webhooks;
  const ping = useChange({ send: pingWebhook, stale, told: () => 'A ping is sent: see the deliveries.' });
  const enable = useChange({ send: updateWebhook, stale, told: ({ state: now }) => `The webhook is ${now}.` });
  const remove = useChange({
    send: deleteWebhook,
    stale,
    told: () => `The webhook at ${url} is removed.`,
    onDone: () => void navigate({ to: '/webhooks', search: {} }),
  });
  const isEnabled = state === 'enabled';
  return (
    <Group gap="xs">
      <Button
        variant="default"
        size="xs"
        leftSection={<IconSend size={14} aria-hidden />}
        loading={ping.isPending}
        onClick={() => ping.mutate(id)}
      >
        Ping
      </Button>
      <Button
        variant={isEnabled ? 'default' : 'filled'}
        size="xs"
        loading={enable.isPending}
        onClick={() => enable.mutate({ id, enabled: !isEnabled })}
      >
        {isEnabled ? 'Disable' : 'Enable'}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" size="xs" leftSection={<IconDots size={14} aria-hidden />}>
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconRefresh size={16} aria-hidden />}
            disabled={!isEnabled || redelivery.progress?.state === 'running'}
            onClick={() => void redelivery.begin()}
          >
            Send all again that failed
            {isEnabled ? null : <Text size="xs">Enable it first: it then goes on by itself</Text>}
          </Menu.Item>
          <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={() => setDialog('edit')}>
            Change…
          </Menu.Item>
          <Menu.Item leftSection={<IconKey size={16} aria-hidden />} onClick={() => setDialog('rotate')}>
            Rotate the secret…
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setDialog('delete')}>
            Remove…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Suspense fallback={null}>
        {dialog === 'edit' ? <EditDialog webhook={webhook} onClose={close} /> : null}
        {dialog === 'rotate' ? <RotateDialog webhook={webhook} onClose={close} /> : null}
      </Suspense>
      {dialog === 'delete' ? (
        <ConfirmDialog
          title={`Remove the webhook at ${url}`}
          action="Remove it"
          isDangerous
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(id)}
          onClose={close}
        >
          <Text size="sm">
            What it has not got yet will not be sent to it, and what is known of its deliveries is lost.
          </Text>
        </ConfirmDialog>
      ) : null}
    </Group>
  );
}
