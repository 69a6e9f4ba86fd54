import type { AnswerAction } from '@freeflow/contract';
import { Group } from '@mantine/core';
import { ReasonedButton } from '../../parts/reasoned-button';
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
  const button = (action: AnswerAction, label: string) => {
    // Of one step some may go forward, and others be undone.
    const meant = answerable(action, targets);
    const few = isSelection ? `${meant.length} selected` : targets.length === 1 ? '' : `all ${meant.length}`;
    return (
      <ReasonedButton
        size="xs"
        variant={action === 'retry' ? 'filled' : 'default'}
        reason={meant.length > 0 ? undefined : refusalOf(action, targets[0])}
        loading={isChecking && action === 'retry'}
        onClick={() => ask(action, targets)}
      >
        {`${label} ${meant.length > 0 ? few : ''}`.trim()}
      </ReasonedButton>
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
