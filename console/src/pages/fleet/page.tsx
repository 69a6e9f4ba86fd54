import type { FleetBody } from '@freeflow/contract/http';
import { Group, Loader, Stack, Text, Title } from '@mantine/core';
import { IconVersions } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Suspense } from 'react';
import { fleetQuery, fleetUpgradeQuery } from '../../api/fleet';
import { useApi } from '../../auth/session';
import { lazyPart } from '../../parts/load-later';
import { ProblemView } from '../../parts/problem-view';
import { ReasonedButton } from '../../parts/reasoned-button';
import { whyNoStart } from './changes';
import { EarlierUpgrades } from './earlier';
import { UpgradeView } from './upgrade-view';
import { Versions } from './versions';

const route = getRouteApi('/fleet');
const StartDialog = lazyPart(async () => (await import('./start-dialog')).StartDialog);

/** Which tenants have which version of the blueprint, and how the others get it. */
export function FleetPage() {
  const { label = [], start } = route.useSearch();
  const navigate = useNavigate({ from: '/fleet' });
  const { data: fleet, error } = useQuery({ ...fleetQuery(useApi(), label), placeholderData: keepPreviousData });
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={1} size="h3">
          Fleet
        </Title>
        {fleet === undefined ? null : (
          <ReasonedButton
            size="xs"
            leftSection={<IconVersions size={14} aria-hidden />}
            reason={whyNoStart(fleet)}
            onClick={() => void navigate({ search: (search) => ({ ...search, start: true }) })}
          >
            Upgrade…
          </ReasonedButton>
        )}
      </Group>
      {error === null ? null : <ProblemView error={error} />}
      {fleet === undefined && error === null ? <Loader aria-label="Loading" /> : null}
      {fleet === undefined ? null : (
        <>
          <Versions fleet={fleet} labels={label} />
          <Shown last={fleet.upgrade} />
          <EarlierUpgrades />
        </>
      )}
      <Suspense fallback={null}>
        {start === true && fleet !== undefined && fleet.version !== null ? (
          <StartDialog
            fleet={fleet}
            labels={label}
            onClose={() => void navigate({ search: ({ start: _start, ...rest }) => rest, replace: true })}
          />
        ) : null}
      </Suspense>
    </Stack>
  );
}

/** The upgrade that the address names, or the last one. */
function Shown({ last }: { last: FleetBody['upgrade'] }) {
  const { upgrade: named } = route.useSearch();
  const api = useApi();
  const id = named ?? last?.id;
  const { data, error } = useQuery({
    ...fleetUpgradeQuery(api, id ?? ''),
    enabled: id !== undefined,
    ...(last !== null && last.id === id ? { placeholderData: last } : {}),
  });
  if (id === undefined)
    return (
      <Text c="dimmed" ta="center" py="lg">
        The fleet has never been upgraded. New tenants have the version in force from the start.
      </Text>
    );
  return (
    <>
      {error === null ? null : <ProblemView error={error} />}
      {data === undefined ? null : <UpgradeView key={id} upgrade={data} last={last} isLast={id === last?.id} />}
    </>
  );
}
