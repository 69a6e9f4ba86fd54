import type { FleetUpgradeBody } from '@freeflow/contract/http';
import { Alert, Badge, Box, Group, Progress, Stack, Text } from '@mantine/core';
import { Fact, Facts } from '../../parts/fact';
import { AnchorLink } from '../../parts/links';
import { Person } from '../../parts/person';
import { Section } from '../../parts/section';
import { Time } from '../../parts/time';
import { FLEET_COLOURS, TENANT_COLOURS, TENANT_STATE_NAMES, type FleetTenantState } from './states';
import { UpgradeTenants } from './tenants';
import { UpgradeActions } from './upgrade-actions';

const STATES = Object.keys(TENANT_COLOURS) as FleetTenantState[];

interface Props {
  upgrade: FleetUpgradeBody;
  last: FleetUpgradeBody | null;
  isLast: boolean;
}

/** An upgrade of the fleet: how far it is, and what can be asked of it. */
export function UpgradeView({ upgrade, last, isLast }: Props) {
  const { version, state, reason, counts, canary, concurrency, pauseOnFailures, only } = upgrade;
  const { requestedBy, createdAt, endedAt } = upgrade;
  return (
    <Section
      title={`Upgrade to version ${version}`}
      aside={
        <Group gap="xs">
          {isLast ? null : (
            <AnchorLink to="/fleet" search={({ label }) => ({ label })} size="sm">
              Last upgrade
            </AnchorLink>
          )}
          <Badge variant="light" color={FLEET_COLOURS[state]} component="output">
            {state}
          </Badge>
        </Group>
      }
    >
      <Stack gap="sm">
        {state === 'paused' ? (
          <Alert color="yellow" title={`Paused${reason === null ? '' : `: ${reason}`}`} p="xs">
            <Text size="sm">
              Those at work go on to their end, and nobody else is taken up. Resumed, it goes on whatever has failed
              until then.
            </Text>
          </Alert>
        ) : null}
        <Counts counts={counts} />
        <UpgradeActions upgrade={upgrade} last={last} />
        <Facts>
          <Fact name="Settings">
            {canary} first, {concurrency} at a time, paused after {pauseOnFailures}{' '}
            {pauseOnFailures === 1 ? 'failure' : 'failures'}
          </Fact>
          <Fact name="Whom">{only.length === 0 ? 'all tenants' : `those with ${only.join(', ')}`}</Fact>
          <Fact name="Asked for">
            <Time at={createdAt} /> by <Person subject={requestedBy} />
          </Fact>
          {endedAt === null ? null : (
            <Fact name="Ended">
              <Time at={endedAt} />
            </Fact>
          )}
        </Facts>
        <UpgradeTenants upgrade={upgrade} />
      </Stack>
    </Section>
  );
}

/** How many tenants are in which state, and as a bar. */
function Counts({ counts }: Pick<FleetUpgradeBody, 'counts'>) {
  const all = STATES.reduce((sum, it) => sum + counts[it], 0);
  const shown = STATES.filter((it) => counts[it] > 0);
  return (
    <Box>
      <Progress.Root size="lg" aria-hidden>
        {shown
          .filter((it) => it !== 'waiting' && it !== 'cancelled')
          .map((it) => (
            <Progress.Section key={it} withAria={false} value={(100 * counts[it]) / all} color={TENANT_COLOURS[it]} />
          ))}
      </Progress.Root>
      <Group gap="sm" mt={6} component="output">
        {shown.map((it) => (
          <Badge key={it} variant="dot" color={TENANT_COLOURS[it]}>
            {`${counts[it].toLocaleString()} ${TENANT_STATE_NAMES[it]}`}
          </Badge>
        ))}
        {all === 0 ? <Text size="sm">There was nobody to upgrade.</Text> : null}
      </Group>
    </Box>
  );
}
