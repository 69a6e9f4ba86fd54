import { BACKEND_KINDS, BACKENDS } from '@freeflow/contract';
import type { RevealedContent } from '@freeflow/contract/http';
import { ActionIcon, Alert, Button, CopyButton, Group, Stack, Text, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useNow } from '../../parts/use-now';

const SHOWN_FOR_MS = 60_000;

/** Credentials, until their minute is over, or the page is left. */
export function RevealedView({ content, onEnd }: { content: RevealedContent; onEnd: () => void }) {
  const [until] = useState(() => Date.now() + SHOWN_FOR_MS);
  const left = Math.max(0, Math.ceil((until - useNow().getTime()) / 1_000));
  useEffect(() => {
    const timer = setTimeout(onEnd, Math.max(0, until - Date.now()));
    // A page that is left is kept by the browser, as it was, for whoever goes back.
    window.addEventListener('pagehide', onEnd);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('pagehide', onEnd);
    };
  }, [onEnd, until]);
  // The timer stands still while the machine sleeps.
  useEffect(() => {
    if (left === 0) onEnd();
  }, [left, onEnd]);
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Text size="sm" c="dimmed" role="timer">
          Gone in {left} s
        </Text>
        <Button data-autofocus onClick={onEnd}>
          Hide now
        </Button>
      </Group>
      {content.warnings.map((it) => (
        <Alert key={it} color="yellow">
          <Text size="sm">{it}</Text>
        </Alert>
      ))}
      {BACKEND_KINDS.flatMap((kind) => {
        const fields = content.connections[kind];
        return fields === undefined ? [] : [<Connection key={kind} title={BACKENDS[kind].title} fields={fields} />];
      })}
    </Stack>
  );
}

const Connection = ({ title, fields }: { title: string; fields: Record<string, string | number> }) => (
  <section aria-label={title}>
    <Text size="sm" fw={500} mb={4}>
      {title}
    </Text>
    <Stack gap={2}>
      {Object.entries(fields).map(([name, value]) => (
        <Group key={name} gap="xs" wrap="nowrap" align="flex-start">
          <Text size="xs" c="dimmed" w={104} style={{ flexShrink: 0 }}>
            {name}
          </Text>
          <Text size="xs" ff="monospace" flex={1} style={{ overflowWrap: 'anywhere' }}>
            {value}
          </Text>
          <Copy title={`${title}: ${name}`} text={String(value)} />
        </Group>
      ))}
    </Stack>
  </section>
);

const Copy = ({ title, text }: { title: string; text: string }) => (
  <CopyButton value={text}>
    {({ copied, copy }) => (
      <Tooltip label={copied ? 'Copied' : 'Copy'}>
        <ActionIcon variant="subtle" size="sm" color="gray" onClick={copy} aria-label={`Copy ${title}`}>
          {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        </ActionIcon>
      </Tooltip>
    )}
  </CopyButton>
);
