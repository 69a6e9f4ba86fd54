import { SHOWN_ATTEMPTS } from '@freeflow/contract';
import type { DeliveryBody } from '@freeflow/contract/http';
import { Stack, Table, Text } from '@mantine/core';
import { Fact, Facts } from '../../parts/fact';
import { Time } from '../../parts/time';

/** The attempts of a delivery, oldest first, and what else is known of it. */
export function Attempts({ delivery: { id, attempts, givenUpBy, endedAt } }: { delivery: DeliveryBody }) {
  return (
    <Stack gap="xs" pb="xs">
      {attempts.length === 0 ? (
        <Text size="sm">It has not been sent yet.</Text>
      ) : (
        <Table verticalSpacing={2} withRowBorders={false} aria-label="Attempts">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Sent</Table.Th>
              <Table.Th>Took</Table.Th>
              <Table.Th>Answered</Table.Th>
              <Table.Th>Why it failed</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {attempts.map(({ at, durationMs, status, cause }) => (
              <Table.Tr key={at}>
                <Table.Td className="one-line">
                  <Time at={at} form="absolute" />
                </Table.Td>
                <Table.Td className="one-line">{durationMs.toLocaleString()} ms</Table.Td>
                <Table.Td>{status ?? 'nothing'}</Table.Td>
                <Table.Td className="any-break">{cause}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {attempts.length === SHOWN_ATTEMPTS ? (
        <Text size="xs" c="dimmed">
          The last {SHOWN_ATTEMPTS} are shown.
        </Text>
      ) : null}
      <Facts>
        <Fact name="webhook-id">{id}</Fact>
        {endedAt === null ? null : (
          <Fact name="Ended">
            <Time at={endedAt} form="absolute" />
          </Fact>
        )}
        {givenUpBy === null ? null : <Fact name="Given up by">{givenUpBy}</Fact>}
      </Facts>
    </Stack>
  );
}
