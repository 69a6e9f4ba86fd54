import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { fleetUpgradesQuery } from '../../api/fleet';
import { useApi } from '../../auth/session';
import { AnchorLink } from '../../parts/links';
import { ProblemView } from '../../parts/problem-view';
import { Section } from '../../parts/section';
import { Time } from '../../parts/time';

const route = getRouteApi('/fleet');

/** All upgrades that were asked for, of which the address names the one that is shown. */
export function EarlierUpgrades() {
  const { upgrade: shown } = route.useSearch();
  const { data, error } = useQuery(fleetUpgradesQuery(useApi()));
  if (error !== null) return <ProblemView error={error} />;
  if (data === undefined || data.length === 0) return null;
  return (
    <Section title="All upgrades">
      <Table verticalSpacing={4} aria-label="Upgrades">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Upgrade</Table.Th>
            <Table.Th>Whom</Table.Th>
            <Table.Th>Asked for</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {data.map(({ upgradeId, version, only, at, by }) => (
            <Table.Tr key={upgradeId} aria-current={upgradeId === shown ? true : undefined}>
              <Table.Td>
                <AnchorLink
                  to="/fleet"
                  search={({ label }) => ({ label, upgrade: upgradeId })}
                  size="sm"
                  fw={upgradeId === shown ? 600 : undefined}
                >
                  to version {version}
                </AnchorLink>
              </Table.Td>
              <Table.Td className="any-break">{only.length === 0 ? 'all' : only.join(', ')}</Table.Td>
              <Table.Td>
                <Time at={at} />
                <Text span size="xs" c="dimmed">
                  {by === null ? '' : ` by ${by}`}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" mt="xs">
        As the{' '}
        <AnchorLink to="/audit" search={{ action: 'fleet.upgrade' }} inherit underline="always">
          audit trail
        </AnchorLink>{' '}
        has them, for as long as it is kept.
      </Text>
    </Section>
  );
}
