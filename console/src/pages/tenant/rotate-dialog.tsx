import { BACKEND_KINDS, BACKENDS, DEFAULT_OVERLAP_S, isOverlapInTheWay, type BackendKind } from '@freeflow/contract';
import type { RotateBody, TenantDetailBody } from '@freeflow/contract/http';
import { Alert, Modal, NativeSelect, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTenantChanges } from '../../api/use-changes';
import { DialogButtons } from '../../parts/dialog-buttons';
import { ProblemView } from '../../parts/problem-view';
import { Time } from '../../parts/time';

const HOUR_S = 3_600;
const OVERLAPS = [
  { value: String(HOUR_S / 4), label: '15 minutes' },
  { value: String(HOUR_S), label: 'an hour' },
  { value: String(12 * HOUR_S), label: '12 hours' },
  { value: String(24 * HOUR_S), label: 'a day' },
  { value: String(7 * 24 * HOUR_S), label: 'a week' },
  { value: String(30 * 24 * HOUR_S), label: '30 days' },
];
const BACKEND_CHOICES = [
  { value: '', label: 'All backends' },
  ...BACKEND_KINDS.map((value) => ({ value, label: BACKENDS[value].title })),
];

type Credential = TenantDetailBody['credentials'][number];

/** New credentials for a tenant; how long those before go on working, or that they are ended at once. */
export function RotateDialog({
  tenant: { id, name, credentials },
  onClose,
}: {
  tenant: TenantDetailBody;
  onClose: () => void;
}) {
  const changes = useTenantChanges();
  const [backend, setBackend] = useState<BackendKind | ''>('');
  const [overlap, setOverlap] = useState(String(DEFAULT_OVERLAP_S));
  const [isLeak, setLeak] = useState(false);
  const [typed, setTyped] = useState('');
  const body: RotateBody = {
    overlapSeconds: isLeak ? 0 : Number(overlap),
    ...(backend === '' ? {} : { backend }),
  };
  // Sent again with the same content it is the same request: an answer may have been lost.
  const [sent, setSent] = useState({ key: crypto.randomUUID(), of: '' });
  const rotate = useMutation({
    mutationFn: () => {
      const of = JSON.stringify(body);
      const now = sent.of === of ? sent : { key: crypto.randomUUID(), of };
      setSent(now);
      return changes.rotate(id, body, now.key);
    },
    onSuccess: onClose,
  });
  const inTheWay = credentials.filter(
    (it) => (backend === '' || it.backend === backend) && isOverlapInTheWay(stillThere(it), body.overlapSeconds ?? 0),
  );
  return (
    <Modal opened onClose={onClose} title={`Rotate the credentials of ${name}`} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          rotate.mutate();
        }}
      >
        <Stack gap="sm">
          <NativeSelect
            label="At"
            data-autofocus
            data={BACKEND_CHOICES}
            value={backend}
            onChange={({ currentTarget }) => setBackend(currentTarget.value as BackendKind | '')}
          />
          <Radio.Group
            label="Those before"
            value={isLeak ? 'leak' : 'overlap'}
            onChange={(value) => {
              setLeak(value === 'leak');
              setTyped('');
            }}
          >
            <Stack gap="xs" mt={4}>
              <Radio value="overlap" label="go on working for a while, so that applications can change over" />
              <Radio value="leak" color="red.9" label="are ended at once, with their sessions: they have leaked" />
            </Stack>
          </Radio.Group>
          {isLeak ? (
            <Alert color="red" title="Applications that use the old ones are cut off" role="alert">
              <Text size="sm">
                They are in the middle of their work, and refused until they have the new ones. All that are older are
                ended as well.
              </Text>
              <TextInput
                mt="xs"
                label={`Type ${name} to confirm`}
                value={typed}
                onChange={({ currentTarget }) => setTyped(currentTarget.value)}
              />
            </Alert>
          ) : (
            <NativeSelect
              label="They work for"
              description="Then they are ended with their sessions, and seen refused"
              data={OVERLAPS}
              value={overlap}
              onChange={({ currentTarget }) => setOverlap(currentTarget.value)}
            />
          )}
          {inTheWay.length === 0 ? null : <InTheWay credentials={inTheWay} />}
          {rotate.error === null ? null : <ProblemView error={rotate.error} />}
          <DialogButtons
            action={isLeak ? 'Rotate, and end the old ones' : 'Rotate'}
            isDangerous={isLeak}
            isBusy={rotate.isPending}
            isDisabled={inTheWay.length > 0 || (isLeak && typed !== name)}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}

/** Of those before one alone is told; whether there is another one the API knows. */
const stillThere = ({ previousValidUntil }: Credential): number => (previousValidUntil === null ? 0 : 1);

const InTheWay = ({ credentials }: { credentials: Credential[] }) => (
  <Alert color="yellow" title="Those before the last rotation still work" role="alert">
    {credentials.map(({ backend, previousValidUntil }) => (
      <Text key={backend} size="sm">
        {BACKENDS[backend].title}: until{' '}
        {previousValidUntil === null ? 'they are ended' : <Time at={previousValidUntil} form="absolute" />}
      </Text>
    ))}
    <Text size="sm" mt={4}>
      Another rotation would prolong that. Wait until then; choose a backend without them; or end them at once, if they
      have leaked.
    </Text>
  </Alert>
);
