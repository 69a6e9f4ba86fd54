import type { AnswerAction } from '@freeflow/contract';
import { Button, Group, Tooltip } from '@mantine/core';
import { answerable, refusalOf } from './offers';
import type { Ask } from './use-answering';
import type { Waiting } from './waiting';

interface Props {
  /** The ones that are selected; all of the group where none are. */
  targets: readonly [Waiting, ...Waiting[]];
  isSelection: boolean;
  ask: Ask;
  isChecking: boolean;
}

/** The answers to many at once; those that make no sense here say why. */
export function AnswerButtons({ targets, isSelection, ask, isChecking }: Props) {
  const count = isSelection ? `${targets.length} selected` : targets.length === 1 ? '' : `all ${targets.length}`;
  const button = (action: AnswerAction, label: string) => {
    const refusal = answerable(action, targets).length > 0 ? undefined : refusalOf(action, targets[0]);
    return (
      <Tooltip key={action} label={refusal} disabled={refusal === undefined} multiline maw={320}>
        <Button
          size="xs"
          variant={action === 'retry' ? 'filled' : 'default'}
          // Not `disabled`: it can be come to by keyboard, and says why.
          data-disabled={refusal === undefined ? undefined : true}
          aria-disabled={refusal !== undefined}
          loading={isChecking && action === 'retry'}
          onClick={() => (refusal === undefined ? ask(action, targets) : undefined)}
        >
          {`${label} ${count}`.trim()}
        </Button>
      </Tooltip>
    );
  };
  return (
    <Group gap={6}>
      {button('retry', 'Retry')}
      {button('abort', 'Abort')}
      {button('skip', 'Skip')}
    </Group>
  );
}
