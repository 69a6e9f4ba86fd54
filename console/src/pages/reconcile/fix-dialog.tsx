import { BACKENDS } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { List, ScrollArea, Text } from '@mantine/core';
import { ConfirmDialog } from '../../parts/confirm-dialog';
import { repairOf } from './repair-of';

interface Props {
  findings: readonly Finding[];
  isBusy: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Says what is repaired, and what each repair does, before anything is done. */
export function FixDialog({ findings, isBusy, onConfirm, onClose }: Props) {
  return (
    <ConfirmDialog
      title={`Repair what is safe (${findings.length})`}
      action="Compare anew and repair"
      isBusy={isBusy}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <Text size="sm">
        It is compared anew first: what has gone by then is left alone, and what has come since and is as safe is
        repaired, too. No resource is dropped. Tenants with an operation in progress are left out.
      </Text>
      <ScrollArea.Autosize mah="50vh" viewportProps={{ tabIndex: 0, 'aria-label': 'What would be repaired' }}>
        <List size="sm" spacing="xs">
          {findings.map((finding) => (
            <List.Item key={`${finding.backend} ${finding.name} ${finding.id} ${finding.what}`}>
              <b>
                {finding.backend === null ? 'Operation of' : BACKENDS[finding.backend].title} {finding.name}
              </b>
              : {finding.what}
              <Text size="sm" c="dimmed">
                {repairOf(finding)}
              </Text>
            </List.Item>
          ))}
        </List>
      </ScrollArea.Autosize>
    </ConfirmDialog>
  );
}
