import type { WebhookBody } from '@freeflow/contract/http';
import { Group, Loader, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Refusal } from '../../api/client';
import { webhookQuery } from '../../api/webhooks';
import { useApi } from '../../auth/session';
import { Fact, Facts } from '../../parts/fact';
import { AnchorLink } from '../../parts/links';
import { ProblemView } from '../../parts/problem-view';
import { Time } from '../../parts/time';
import { undeliveredText, WebhookBadge } from '../../parts/webhook-state';
import { WebhookActions } from './actions';
import { Deliveries } from './deliveries';
import { RedeliverProgress } from './redeliver-progress';
import { useRedeliverAll } from './use-redeliver-all';

const route = getRouteApi('/webhooks/$webhookId');

/** One webhook: how it stands, what was sent to it, and what can be done about it. */
export function WebhookPage() {
  const { webhookId } = route.useParams();
  const { data: webhook, error } = useQuery(webhookQuery(useApi(), webhookId));
  // Nothing can be done any more with one that somebody else has removed.
  const isGone = error instanceof Refusal && error.problem.code === 'webhook-unknown';
  if (webhook === undefined || isGone)
    return error === null ? <Loader aria-label="Loading" /> : <ProblemView error={error} />;
  // What is open of one webhook is not about the next one.
  return <Webhook key={webhookId} webhook={webhook} error={error} />;
}

function Webhook({ webhook, error }: { webhook: WebhookBody; error: unknown }) {
  const { id } = webhook;
  const redelivery = useRedeliverAll(id);
  const { progress, stop, dismiss } = redelivery;
  const { url, description, eventTypes, disabledAt, skippedEvents, createdAt, createdBy } = webhook;
  return (
    <Stack gap="md">
      <AnchorLink to="/webhooks" search={{}} size="sm">
        Webhooks
      </AnchorLink>
      {error === null ? null : <ProblemView error={error} />}
      <Group justify="space-between" align="flex-start">
        <div>
          <Group gap="sm">
            <Title order={1} size="h3" className="any-break">
              {url}
            </Title>
            <WebhookBadge webhook={webhook} />
          </Group>
          <Text c="dimmed">{description}</Text>
        </div>
        <WebhookActions webhook={webhook} redelivery={redelivery} />
      </Group>
      {progress === undefined ? null : <RedeliverProgress progress={progress} onStop={stop} onDismiss={dismiss} />}
      <Facts>
        <Fact name="Events">
          {eventTypes.length === 0 ? 'all, those of later versions too' : eventTypes.join(', ')}
        </Fact>
        <Fact name="Undelivered">{undeliveredText(webhook)}</Fact>
        {skippedEvents === 0 ? null : (
          <Fact name="Missed for good">{skippedEvents.toLocaleString()} at most: they were kept no longer</Fact>
        )}
        {disabledAt === null ? null : (
          <Fact name="Disabled">
            <Time at={disabledAt} />
          </Fact>
        )}
        <Fact name="Created">
          <Time at={createdAt} /> by {createdBy}
        </Fact>
        <Fact name="Id">{id}</Fact>
      </Facts>
      <Deliveries webhook={webhook} />
    </Stack>
  );
}
