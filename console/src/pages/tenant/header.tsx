import type { TenantDetailBody } from '@freeflow/contract/http';
import { Alert, Breadcrumbs, Group, Stack, Text, Title } from '@mantine/core';
import { AnchorLink } from '../../parts/links';
import { KeptBadges, StatusBadge } from '../../parts/status-badge';
import { Time } from '../../parts/time';

/** Which tenant it is, and how it stands. */
export function TenantHeader({ tenant }: { tenant: TenantDetailBody }) {
  const { name, displayName, status, goneAt, purgeAt, holdUntil, holdReason } = tenant;
  return (
    <Stack gap="xs">
      <Breadcrumbs separatorMargin={6}>
        <AnchorLink to="/tenants" size="sm">
          Tenants
        </AnchorLink>
        <Text size="sm">{name}</Text>
      </Breadcrumbs>
      <Group gap="sm">
        <Title order={1} size="h2">
          {name}
        </Title>
        <StatusBadge status={status} isGone={goneAt !== null} />
        <KeptBadges tenant={tenant} />
        {displayName === null ? null : <Text c="dimmed">{displayName}</Text>}
      </Group>
      {goneAt === null ? null : (
        <Alert color="gray" title="It is gone">
          Nothing of it is left: every backend was asked. Its name is free since <Time at={goneAt} form="absolute" />.
        </Alert>
      )}
      {goneAt === null && purgeAt !== null ? (
        <Alert color="yellow" title="It is deleted, and can be restored">
          Its data is kept until <Time at={purgeAt} form="absolute" /> and dropped after that
          {holdUntil === null ? '' : ', but not while it is on hold'}.
        </Alert>
      ) : null}
      {goneAt === null && holdUntil !== null ? (
        <Text size="sm">
          On hold until <Time at={holdUntil} form="absolute" />: {holdReason}
        </Text>
      ) : null}
    </Stack>
  );
}
