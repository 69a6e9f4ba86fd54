import type { FleetUpgradeBody } from '@freeflow/contract/http';
import { Badge, Button, Group, NativeSelect, Stack, Table, Text } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { AnchorLink } from '../../parts/links';
import { Time } from '../../parts/time';
import { TENANT_COLOURS, TENANT_STATE_NAMES } from './states';

const route = getRouteApi('/fleet');
/** Of the others the API has the counts alone. */
const LISTED = ['running', 'failed', 'left'] as const;
const CHOICES = [
  { value: '', label: 'all of these' },
  ...LISTED.map((value) => ({ value, label: TENANT_STATE_NAMES[value] })),
];
/** More are shown when they are asked for. */
const SHOWN_FIRST = 50;

/** Those at work, failed or left for later, each with what has come of it. */
export function UpgradeTenants({ upgrade: { tenants, counts } }: { upgrade: FleetUpgradeBody }) {
  const { state } = route.useSearch();
  const navigate = useNavigate({ from: '/fleet' });
  const [isWhole, setWhole] = useState(false);
  const listed = LISTED.reduce((sum, it) => sum + counts[it], 0);
  if (listed === 0 && tenants.length === 0) return null;
  const chosen = tenants.filter((it) => state === undefined || it.state === state);
  const shown = isWhole ? chosen : chosen.slice(0, SHOWN_FIRST);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          At work, failed, or left for later
          {tenants.length < listed ? `: the first ${tenants.length} of ${listed}` : ''}
        </Text>
        <NativeSelect
          size="xs"
          aria-label="State"
          data={CHOICES}
          value={state ?? ''}
          onChange={({ currentTarget: { value } }) =>
            void navigate({
              search: (search) => ({ ...search, state: LISTED.find((it) => it === value) }),
              replace: true,
            })
          }
        />
      </Group>
      <Table.ScrollContainer minWidth={560}>
        <Table verticalSpacing={4} highlightOnHover aria-label="Tenants of the upgrade">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Tenant</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th>Why</Table.Th>
              <Table.Th>Since</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((it) => (
              <TenantRow key={it.tenantId} tenant={it} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {chosen.length === 0 ? (
        <Text size="sm" c="dimmed" ta="center">
          None of {tenants.length < listed ? `the first ${tenants.length}` : 'them'} is{' '}
          {state === undefined ? 'listed' : TENANT_STATE_NAMES[state]} now.
        </Text>
      ) : null}
      {shown.length < chosen.length ? (
        <Button variant="subtle" size="compact-sm" onClick={() => setWhole(true)} style={{ alignSelf: 'flex-start' }}>
          {`Show all ${chosen.length}`}
        </Button>
      ) : null}
    </Stack>
  );
}

const TenantRow = ({
  tenant: { tenantId, name, state, isCanary, cause, changedAt },
}: {
  tenant: FleetUpgradeBody['tenants'][number];
}) => (
  <Table.Tr>
    <Table.Td>
      <Group gap={6} wrap="nowrap">
        <AnchorLink to="/tenants/$tenantId" params={{ tenantId }} inherit fw={500}>
          {name}
        </AnchorLink>
        {isCanary ? <Badge variant="default">canary</Badge> : null}
      </Group>
    </Table.Td>
    <Table.Td>
      <Badge variant="dot" color={TENANT_COLOURS[state]} w="max-content">
        {TENANT_STATE_NAMES[state]}
      </Badge>
    </Table.Td>
    <Table.Td className="any-break">
      <Text size="sm">{cause}</Text>
    </Table.Td>
    <Table.Td className="one-line">
      <Time at={changedAt} />
    </Table.Td>
  </Table.Tr>
);
