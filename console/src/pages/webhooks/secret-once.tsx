import { Alert, Button, CopyButton, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

/** A secret, shown this once. */
export function SecretOnce({ secret, note, onStored }: { secret: string; note?: string; onStored: () => void }) {
  return (
    <Stack gap="sm">
      <Alert color="yellow" variant="light" title="Its secret is shown now and never again">
        <Text size="sm">Deliveries are signed by it; the receiver verifies them with it. {note}</Text>
      </Alert>
      <Group gap="xs" wrap="nowrap" align="flex-end">
        <TextInput
          label="Secret"
          readOnly
          flex={1}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          value={secret}
          onFocus={({ currentTarget }) => currentTarget.select()}
        />
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
              onClick={copy}
            >
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Group justify="flex-end">
        <Button onClick={onStored}>I have stored it</Button>
      </Group>
    </Stack>
  );
}
