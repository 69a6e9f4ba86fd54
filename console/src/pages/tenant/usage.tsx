import { BACKENDS, levelOf, MEASURED, measuredText, MEASURES } from '@freeflow/contract';
import type { TenantDetailBody, UsageBody } from '@freeflow/contract/http';
import { Badge, Group, Progress, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { usageQuery } from '../../api/usage';
import { useApi } from '../../auth/session';
import { AnchorLink } from '../../parts/links';
import { ProblemView } from '../../parts/problem-view';
import { Section } from '../../parts/section';
import { Time } from '../../parts/time';

type OfBackend = UsageBody['backends'][number];
type Measured = OfBackend['measures'][number];

/** How much a tenant uses at each backend, and of which limits of its plan. */
export function Usage({ tenant: { id, goneAt } }: { tenant: TenantDetailBody }) {
  const { data, error } = useQuery(usageQuery(useApi(), id));
  if (goneAt !== null) return null;
  return (
    <Section title="Usage" aside={<PlanOf usage={data} />}>
      {error === null ? null : <ProblemView error={error} />}
      <Stack gap="sm">
        {data?.backends.map((it) => (
          <BackendUsage key={it.backend} usage={it} plan={data.plan} />
        ))}
        {data?.backends.length === 0 ? <Text size="sm">Nothing was measured yet.</Text> : null}
        <Text size="xs" c="dimmed">
          Measured hourly, and by each{' '}
          <AnchorLink to="/reconcile" underline="always">
            comparison
          </AnchorLink>
          .
        </Text>
      </Stack>
    </Section>
  );
}

const PlanOf = ({ usage }: { usage: UsageBody | undefined }) =>
  usage === undefined ? null : (
    <Text size="sm" c="dimmed">
      {usage.plan === null ? 'without a plan' : `plan ${usage.plan}`}
    </Text>
  );

/** @param plan the tenant's own by now, which may be another than that it was compared with */
function BackendUsage({
  usage: { backend, measuredAt, measures, plan: then },
  plan,
}: {
  usage: OfBackend;
  plan: string | null;
}) {
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={500}>
          {BACKENDS[backend].title}
        </Text>
        <Text size="xs" c="dimmed">
          <Time at={measuredAt} />
          {then === plan ? '' : `, ${then === null ? 'without a plan' : `by plan ${then}`}`}
        </Text>
      </Group>
      <Stack gap={4}>
        {measures.map((it) => (
          <MeasureLine key={it.measure} backend={backend} measured={it} />
        ))}
      </Stack>
    </div>
  );
}

/** What is told of a limit that is near, reached, or passed, which those can be that no server holds. */
function levelTold(percent: number): { colour: string; text: string } | undefined {
  const level = levelOf(percent, 0);
  if (level === 0) return undefined;
  if (level < 100) return { colour: 'yellow', text: 'near its limit' };
  return { colour: 'red', text: percent > 100 ? 'beyond its limit' : 'at its limit' };
}

interface LineProps {
  backend: OfBackend['backend'];
  measured: Measured;
}

function MeasureLine({ backend, measured: { measure, value, limit, percent } }: LineProps) {
  const { title } = MEASURES[measure];
  const level = percent === null ? undefined : levelTold(percent);
  const isHeld = (MEASURED[backend] as Record<string, string>)[measure] === 'limited';
  return (
    <div>
      <Group gap={6}>
        <Text size="sm">
          {title} {measuredText(measure, value)}
          {limit === null ? '' : ` of ${measuredText(measure, limit)}`}
        </Text>
        {percent === null ? null : (
          <Text size="xs" c="dimmed">
            {percent} %
          </Text>
        )}
        {level === undefined ? null : (
          <Badge size="sm" variant="light" color={level.colour}>
            {level.text}
            {isHeld ? '' : ': reported only'}
          </Badge>
        )}
      </Group>
      {percent === null ? null : (
        <Progress
          size="sm"
          value={Math.min(100, percent)}
          color={level?.colour ?? 'cyan'}
          aria-label={`${BACKENDS[backend].title} ${title}, of its limit`}
        />
      )}
    </div>
  );
}
