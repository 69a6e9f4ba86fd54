import type { FleetChange, FleetUpgradeBody } from '@freeflow/contract/http';
import { Group, Text } from '@mantine/core';
import { useState } from 'react';
import { changeUpgrade } from '../../api/fleet';
import { KEYS } from '../../api/keys';
import { useChange } from '../../api/use-change';
import { ConfirmDialog } from '../../parts/lazy-confirm-dialog';
import { ReasonedButton } from '../../parts/reasoned-button';
import { refusalOf } from './changes';

const LABELS = {
  pause: 'Pause',
  resume: 'Resume',
  retry: 'Retry failed and left ones',
  cancel: 'Cancel…',
} as const satisfies Record<FleetChange, string>;
const CHANGES = Object.keys(LABELS) as FleetChange[];

/** What can be asked of an upgrade; what can't is there as well, with the reason. */
export function UpgradeActions({ upgrade, last }: { upgrade: FleetUpgradeBody; last: FleetUpgradeBody | null }) {
  const { id, version, state } = upgrade;
  const [isCancelling, setCancelling] = useState(false);
  const change = useChange({ send: changeUpgrade, stale: KEYS.fleet, onDone: () => setCancelling(false) });
  const ask = (it: FleetChange) => (it === 'cancel' ? setCancelling(true) : change.mutate({ id, change: it }));
  return (
    <Group gap="xs">
      {CHANGES.map((it) => (
        <ReasonedButton
          key={it}
          size="xs"
          variant={it === 'resume' && state === 'paused' ? 'filled' : 'default'}
          reason={refusalOf(it, upgrade, last)}
          loading={change.isPending && change.variables.change === it}
          onClick={() => ask(it)}
        >
          {LABELS[it]}
        </ReasonedButton>
      ))}
      {isCancelling ? (
        <ConfirmDialog
          title={`Cancel the upgrade to version ${version}`}
          action="Cancel the upgrade"
          isDangerous
          isBusy={change.isPending}
          onConfirm={() => change.mutate({ id, change: 'cancel' })}
          onClose={() => setCancelling(false)}
        >
          <Text size="sm">
            Nobody is taken up any more, for good; those at work go on to their end. Who has the version keeps it: there
            is no way back from one. Another upgrade goes on where this one has stopped.
          </Text>
        </ConfirmDialog>
      ) : null}
    </Group>
  );
}
