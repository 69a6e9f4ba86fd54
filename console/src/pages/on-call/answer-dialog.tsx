import { operationTitle, type AnswerAction } from '@freeflow/contract';
import { Alert, Button, Group, List, Modal, ScrollArea, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ProblemView } from '../../parts/problem-view';
import type { Change } from './changes';
import type { Question } from './use-answering';
import type { Waiting } from './waiting';

interface Props {
  question: Question;
  isChecking: boolean;
  onConfirm: (reason: string) => void;
  onClose: () => void;
}

const EFFECTS = {
  retry: 'Each step is tried at once, four times within some two seconds. It can do no harm.',
  abort: 'The operation is rolled back as a whole. After an aborted create nothing of the tenant is left.',
  skip: 'What the step should have removed stays at the server and has no owner; the operation ends incomplete, and the name stays taken. Old credentials may still work, and are ended in an hour. Not for a server that is away for a while.',
} as const satisfies Record<AnswerAction, string>;

const VERBS = { retry: 'Retry', abort: 'Abort', skip: 'Skip' } as const satisfies Record<AnswerAction, string>;

/** As the API takes a reason. */
const SHORTEST = 3;
const LONGEST = 300;
const MOST_SHOWN = 12;

/** Asks before an answer is given that has to be meant, and says what has changed since one looked. */
export function AnswerDialog({ question, isChecking, onConfirm, onClose }: Props) {
  const { action, targets, changes, added, error } = question;
  const [reason, setReason] = useState('');
  const given = reason.trim();
  const isGood = given.length >= SHORTEST || (given === '' && action !== 'skip');
  const names = new Set(targets.map(({ tenant }) => tenant.name));
  const count = names.size === 1 ? [...names].join('') : `${names.size} tenants`;
  return (
    <Modal opened onClose={onClose} title={<Text fw={600}>{`${VERBS[action]} ${count}`}</Text>} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isGood && targets.length > 0 && !isChecking) onConfirm(given);
        }}
      >
        <Stack gap="sm">
          {error === null ? null : <ProblemView error={error} />}
          <Changes changes={changes} added={added} />
          {targets.length === 0 ? (
            <Text size="sm">Nothing of it can be answered any more.</Text>
          ) : (
            <>
              <Text size="sm">{EFFECTS[action]}</Text>
              <Targets targets={targets} />
              {action === 'retry' ? null : (
                <TextInput
                  label="Reason"
                  description="Kept with the operation"
                  required={action === 'skip'}
                  maxLength={LONGEST}
                  value={reason}
                  error={given !== '' && !isGood ? `At least ${SHORTEST} characters` : undefined}
                  onChange={(event) => setReason(event.currentTarget.value)}
                  data-autofocus
                />
              )}
            </>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {targets.length === 0 ? 'Close' : 'Leave it'}
            </Button>
            {targets.length === 0 ? null : (
              <Button
                type="submit"
                color={action === 'retry' ? undefined : 'red'}
                disabled={!isGood}
                loading={isChecking}
              >
                {`${VERBS[action]} ${count}`}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Changes({ changes, added }: Pick<Question, 'changes' | 'added'>) {
  if (changes.length === 0 && added === 0) return null;
  return (
    <Alert color="yellow" title="This has changed since you looked; nothing was done yet" role="alert">
      <List size="sm">
        {changes.slice(0, MOST_SHOWN).map((it) => (
          <List.Item key={it.before.key}>{changeText(it)}</List.Item>
        ))}
        {added > 0 ? <List.Item>{`${added} more are stuck by now.`}</List.Item> : null}
      </List>
      {changes.length > MOST_SHOWN ? <Text size="sm">{`and ${changes.length - MOST_SHOWN} more`}</Text> : null}
    </Alert>
  );
}

function changeText(change: Change): string {
  const { before } = change;
  const name = before.step === null ? before.tenant.name : `${before.tenant.name}, ${before.step}`;
  if (change.what === 'gone') return `${name}: waits no more.`;
  const { now, what } = change;
  if (what === 'parked-anew') return `${name}: was tried since, and is parked again: ${now.cause}`;
  if (what === 'other-reason') return `${name}: is stuck for another reason now: ${now.cause}`;
  const kind = now.operation === null ? 'none' : operationTitle(now.operation.kind);
  return `${name}: another operation is in progress by now: ${kind}.`;
}

/** Whom it is given to, each by name. */
function Targets({ targets }: { targets: readonly Waiting[] }) {
  return (
    <ScrollArea.Autosize mah={140} viewportProps={{ tabIndex: 0, 'aria-label': 'Given to', role: 'group' }}>
      <Text size="sm" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
        {targets.map(({ tenant, step }) => (step === null ? tenant.name : `${tenant.name} (${step})`)).join(', ')}
      </Text>
    </ScrollArea.Autosize>
  );
}
