import { BACKENDS } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { Alert, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { KEYS } from '../../api/keys';
import { dropOrphan, dropQuery } from '../../api/reconcile';
import { useChange } from '../../api/use-change';
import { useApi } from '../../auth/session';
import { ConfirmDialog } from '../../parts/confirm-dialog';
import { ProblemView } from '../../parts/problem-view';

/** Drops one orphan for good, once its name was typed; and shows what has become of it. */
export function DropDialog({ finding, onClose }: { finding: Finding; onClose: () => void }) {
  const { backend, name, id } = finding;
  const [typed, setTyped] = useState('');
  const drop = useChange({ send: dropOrphan, stale: KEYS.reconcile });
  const { data, error } = useQuery(dropQuery(useApi(), drop.data?.id));
  if (backend === null || name === null || id === null) return null;
  const isUnderWay = drop.isPending || (drop.data !== undefined && (data?.state ?? 'running') === 'running');
  const hasEnded = data !== undefined && data !== null && data.state !== 'running';
  return (
    <ConfirmDialog
      title={`Drop ${name} at ${BACKENDS[backend].title}`}
      action="Drop it for good"
      isDangerous
      isBusy={isUnderWay}
      isDisabled={typed !== name || hasEnded}
      onConfirm={() => drop.mutate({ backend, name, externalId: id })}
      onClose={onClose}
    >
      <Text size="sm">
        What it holds is lost. It is looked at once more before that, and the drop is refused where the id is another
        one, where a living tenant owns it, or another installation does.
      </Text>
      <TextInput
        label={`Type ${name} to confirm`}
        data-autofocus
        value={typed}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      />
      {error === null ? null : <ProblemView error={error} />}
      {hasEnded ? (
        <Alert color={data.state === 'done' ? 'teal' : 'red'} title={OUTCOMES[data.state]}>
          {data.cause ?? 'Its absence was read back from the server. The next report has it no more.'}
        </Alert>
      ) : null}
    </ConfirmDialog>
  );
}

const OUTCOMES = { running: 'It is being dropped', done: 'It is gone', refused: 'It was refused', failed: 'It failed' };
