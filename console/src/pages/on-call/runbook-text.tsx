import { Anchor, Code, List, Text } from '@mantine/core';
import { Fragment } from 'react';
import type { Block, Inline } from './runbook';

interface Props {
  blocks: readonly Block[];
  /** Shows what the runbook says under another anchor. */
  onOpen: (anchor: string) => void;
}

/** What the runbook says, as it says it. */
export function RunbookText({ blocks, onOpen }: Props) {
  return blocks.map((block, index) => {
    switch (block.as) {
      case 'paragraph':
        return (
          <Text key={index} size="sm" mb={4}>
            <Inlines parts={block.parts} onOpen={onOpen} />
          </Text>
        );
      case 'list':
        return (
          <List key={index} size="sm" spacing={2} mb={4} withPadding={false}>
            {block.items.map((parts, item) => (
              <List.Item key={item}>
                <Inlines parts={parts} onOpen={onOpen} />
              </List.Item>
            ))}
          </List>
        );
      case 'code':
        return (
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- else its end could be read by mouse alone
          <Code key={index} block mb={4} fz="xs" tabIndex={0}>
            {block.text}
          </Code>
        );
    }
  });
}

const Inlines = ({ parts, onOpen }: { parts: readonly Inline[]; onOpen: Props['onOpen'] }) =>
  parts.map((part, index) => {
    switch (part.as) {
      case 'text':
        return <Fragment key={index}>{part.text}</Fragment>;
      case 'code':
        return <Code key={index}>{part.text}</Code>;
      case 'strong':
        return (
          <Text key={index} span inherit fw={600}>
            <Inlines parts={part.parts} onOpen={onOpen} />
          </Text>
        );
      case 'em':
        return (
          <em key={index}>
            <Inlines parts={part.parts} onOpen={onOpen} />
          </em>
        );
      case 'link':
        return <Reference key={index} {...part} onOpen={onOpen} />;
    }
  });

/** A place of the runbook is shown here; of other documents only the words are. */
function Reference({ to, parts, onOpen }: { to: string; parts: readonly Inline[]; onOpen: Props['onOpen'] }) {
  const words = <Inlines parts={parts} onOpen={onOpen} />;
  if (!to.startsWith('#')) return words;
  return (
    <Anchor component="button" type="button" inherit underline="always" onClick={() => onOpen(to.slice(1))}>
      {words}
    </Anchor>
  );
}
