import { OPERATIONS, OPERATION_REQUESTS } from '@freeflow/contract';
import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import type { ShownTenant } from '../../api/tenants';
import { useTenantChanges } from '../../api/use-changes';
import { ConfirmDialog } from '../../parts/lazy-confirm-dialog';
import { lazyPart } from '../../parts/load-later';
import { ProblemView } from '../../parts/problem-view';
import { Section } from '../../parts/section';
import { useNow } from '../../parts/use-now';
import { operationHeading } from './operation-heading';
import { IT_IS_GONE, possibilitiesOf, type ActionName, type Possibility } from './possible';

const DeleteDialog = lazyPart(async () => (await import('./delete-dialog')).DeleteDialog);
const RotateDialog = lazyPart(async () => (await import('./rotate-dialog')).RotateDialog);
const HoldDialog = lazyPart(async () => (await import('./hold-dialog')).HoldDialog);
const EditDialog = lazyPart(async () => (await import('./edit-dialog')).EditDialog);

type Dialog = 'soft_delete' | 'hard_delete' | 'rotate' | 'hold' | 'release' | 'unprotect' | 'edit';
const ASKED_FIRST: ReadonlySet<ActionName> = new Set(['soft_delete', 'hard_delete', 'rotate']);

/** What can be done with a tenant; what can't is there as well, with the reason. */
export function Actions({ shown }: { shown: ShownTenant }) {
  const { tenant, etag } = shown;
  const changes = useTenantChanges();
  const [dialog, setDialog] = useState<Dialog>();
  const act = useMutation({ mutationFn: (work: () => Promise<unknown>) => work() });
  const possibilities = possibilitiesOf(tenant, useNow());
  const isHeld = tenant.holdUntil !== null;
  const isGone = tenant.goneAt !== null;
  const orGone = (text: string) => (isGone ? IT_IS_GONE : text);
  const start = ({ name, request }: Possibility) => {
    if (request === undefined) return;
    if (ASKED_FIRST.has(name)) setDialog(name as Dialog);
    else act.mutate(() => changes.request(tenant.id, request));
  };
  const close = () => setDialog(undefined);
  const asked = possibilities.find(({ name }) => name === dialog)?.request;
  return (
    <Section title="Actions">
      <Stack gap="xs">
        {possibilities.map((it) => (
          <ActionRow
            key={it.name}
            title={operationHeading(OPERATION_REQUESTS[it.name].kind)}
            text={it.reason ?? OPERATIONS[it.name].summary}
            isDangerous={it.name === 'hard_delete'}
            isPossible={it.request !== undefined && !act.isPending}
            onClick={() => start(it)}
          />
        ))}
        <ActionRow
          title={tenant.deletionProtected ? 'Unprotect' : 'Protect'}
          text={orGone(
            tenant.deletionProtected ? 'Deletions are possible again' : 'Every deletion is refused from then on',
          )}
          isPossible={!isGone && !act.isPending}
          onClick={() =>
            tenant.deletionProtected
              ? setDialog('unprotect')
              : act.mutate(() => changes.update(tenant.id, { deletionProtected: true }, etag))
          }
        />
        <ActionRow
          title={isHeld ? 'Change hold' : 'Hold'}
          text={orGone('Its data is kept until a date: neither purged nor hard-deleted before')}
          isPossible={!isGone && !act.isPending}
          onClick={() => setDialog('hold')}
        />
        {isHeld ? (
          <ActionRow
            title="Lift hold"
            text="It may be purged and deleted again"
            isPossible={!act.isPending}
            onClick={() => setDialog('release')}
          />
        ) : null}
        <ActionRow
          title="Edit"
          text={orGone('What people and other systems call it, its labels and its plan')}
          isPossible={!isGone}
          onClick={() => setDialog('edit')}
        />
        {act.error === null ? null : <ProblemView error={act.error} />}
      </Stack>
      <Suspense fallback={null}>
        {/* Made anew where it would be another request by now, such as a forced one: its name has to be typed again. */}
        {asked === undefined ? null : asked === 'rotate' ? (
          <RotateDialog tenant={tenant} onClose={close} />
        ) : (
          <DeleteDialog key={asked} tenant={tenant} request={asked} onClose={close} />
        )}
        {dialog === 'hold' ? <HoldDialog shown={shown} onClose={close} /> : null}
        {dialog === 'release' || dialog === 'unprotect' ? (
          <ConfirmDialog
            title={`${dialog === 'release' ? 'Lift the hold of' : 'Unprotect'} ${tenant.name}`}
            action={dialog === 'release' ? 'Lift hold' : 'Unprotect'}
            isDangerous
            onConfirm={() => {
              close();
              act.mutate(() =>
                dialog === 'release'
                  ? changes.release(tenant.id, etag)
                  : changes.update(tenant.id, { deletionProtected: false }, etag),
              );
            }}
            onClose={close}
          >
            <Text size="sm">
              {tenant.purgeAt === null
                ? 'It may be purged and deleted again.'
                : 'It is deleted: what nothing else keeps is purged once its time is over, which may be in seconds.'}
            </Text>
          </ConfirmDialog>
        ) : null}
        {dialog === 'edit' ? <EditDialog shown={shown} onClose={close} /> : null}
      </Suspense>
    </Section>
  );
}

interface RowProps {
  title: string;
  /** What it does; or why it can't be done. */
  text: string;
  isPossible: boolean;
  isDangerous?: boolean;
  onClick: () => void;
}

const ActionRow = ({ title, text, isPossible, isDangerous = false, onClick }: RowProps) => (
  <Group gap="sm" wrap="nowrap" align="center">
    <Button
      size="xs"
      w={108}
      px={6}
      variant="default"
      c={isDangerous && isPossible ? 'var(--mantine-color-error)' : undefined}
      disabled={!isPossible}
      onClick={onClick}
      style={{ flexShrink: 0 }}
    >
      {title}
    </Button>
    <Text size="xs" c="dimmed">
      {text}
    </Text>
  </Group>
);
