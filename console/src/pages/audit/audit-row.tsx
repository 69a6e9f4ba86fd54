import { AUDIT_ACTIONS, type AuditOutcome } from '@freeflow/contract';
import type { AuditEventBody } from '@freeflow/contract/http';
import { Badge, Code, Group, Stack, Table, Text } from '@mantine/core';
import { ExpandableRow } from '../../parts/expandable-row';
import { Fact, Facts } from '../../parts/fact';
import { AnchorLink } from '../../parts/links';
import { Time } from '../../parts/time';

const OUTCOME_COLOURS = {
  accepted: 'teal',
  done: 'teal',
  begun: 'blue',
  refused: 'orange',
  failed: 'red',
} as const satisfies Record<AuditOutcome, string>;

interface Props {
  row: AuditEventBody;
  isOpen: boolean;
  onToggle: () => void;
}

/** One row of the trail. Whom, what and which tenant it is about narrows the list to that. */
export function AuditRow({ row, isOpen, onToggle }: Props) {
  const { at, action, tenantName, tenantId, outcome, status, code, count } = row;
  const tenant = tenantName ?? tenantId;
  const known = AUDIT_ACTIONS.find((it) => it === action);
  return (
    <ExpandableRow
      of={`${action} ${at}`}
      isOpen={isOpen}
      onToggle={onToggle}
      details={<AuditDetails row={row} />}
      cells={6}
    >
      <Table.Td>
        <Text size="sm" span className="one-line">
          <Time at={at} form="absolute" />
        </Text>
      </Table.Td>
      <Table.Td>
        <Actor row={row} />
      </Table.Td>
      <Table.Td>{known === undefined ? action : <Narrow to={{ action: known }}>{action}</Narrow>}</Table.Td>
      <Table.Td>{tenant === null ? null : <Narrow to={{ tenant }}>{tenant}</Narrow>}</Table.Td>
      <Table.Td>
        <Group gap={6} wrap="nowrap">
          <Badge variant="light" color={OUTCOME_COLOURS[outcome]}>
            {outcome}
          </Badge>
          <Text size="xs" c="dimmed" span className="one-line">
            {[status, code, ...(count === 1 ? [] : [`× ${count}`])].filter((it) => it !== null).join(' ')}
          </Text>
        </Group>
      </Table.Td>
      <Table.Td>
        <Text size="xs" c="dimmed" lineClamp={1} className="any-break">
          {detailText(row)}
        </Text>
      </Table.Td>
    </ExpandableRow>
  );
}

/** Who it was, and from where. */
function Actor({ row: { actor, actorName, address, channel } }: { row: AuditEventBody }) {
  return (
    <Stack gap={0}>
      {actor === null ? <Text size="sm">no valid token</Text> : <Narrow to={{ actor }}>{actorName ?? actor}</Narrow>}
      <Text size="xs" c="dimmed">
        {address ?? channel}
      </Text>
    </Stack>
  );
}

type Narrowing = { actor: string } | { tenant: string } | { action: (typeof AUDIT_ACTIONS)[number] };

const Narrow = ({ to, children }: { to: Narrowing; children: string }) => (
  <AnchorLink
    to="/audit"
    search={(search) => ({ ...search, ...to, cursor: undefined })}
    size="sm"
    className="one-line"
    title={`Only rows of ${children}`}
  >
    {children}
  </AnchorLink>
);

function AuditDetails({ row }: { row: AuditEventBody }) {
  const { actor, channel, userAgent, tenantId, operationId, requestId, windowSeconds, count, detail } = row;
  return (
    <Stack gap="xs" pb="xs">
      <Facts>
        <Fact name="Subject">{actor ?? 'no valid token'}</Fact>
        <Fact name="Channel">{channel}</Fact>
        {userAgent === null ? null : <Fact name="User agent">{userAgent}</Fact>}
        {tenantId === null ? null : (
          <Fact name="Tenant">
            <AnchorLink to="/tenants/$tenantId" params={{ tenantId }} size="sm">
              {tenantId}
            </AnchorLink>
          </Fact>
        )}
        {operationId === null ? null : <Fact name="Operation">{operationId}</Fact>}
        {requestId === null ? null : <Fact name="Request">{requestId}</Fact>}
        {windowSeconds === null ? null : <Fact name="Counted">{`${count} in the ${windowSeconds} s before`}</Fact>}
      </Facts>
      {hasDetail(detail) ? (
        <Code block tabIndex={0} aria-label="What was requested">
          {JSON.stringify(detail, null, 2)}
        </Code>
      ) : null}
    </Stack>
  );
}

const hasDetail = (detail: unknown): detail is object =>
  typeof detail === 'object' && detail !== null && Object.keys(detail).length > 0;

const detailText = ({ detail }: AuditEventBody): string =>
  hasDetail(detail)
    ? Object.entries(detail)
        .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join(' ')
    : '';
