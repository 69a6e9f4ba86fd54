import { Button, Group } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { auditRows, type AuditFilter } from '../../api/audit';
import { useApi } from '../../auth/session';
import { tellFailure } from '../../parts/tell-failure';

/** Saves all rows that match as JSON, a line each, as `freeflow audit export` writes them. */
export function ExportButton({ filter }: { filter: AuditFilter }) {
  const api = useApi();
  const [count, setCount] = useState<number>();
  const ended = useRef(new AbortController());
  useEffect(() => () => ended.current.abort(), []);
  const start = async () => {
    ended.current = new AbortController();
    const { signal } = ended.current;
    const lines: string[] = [];
    setCount(0);
    try {
      for await (const rows of auditRows(api, filter, signal)) {
        for (const row of rows) lines.push(`${JSON.stringify(row)}\n`);
        setCount(lines.length);
      }
      save(lines, `audit-${new Date().toISOString().slice(0, 10)}.jsonl`);
    } catch (error) {
      // Half of it would be taken for all of it.
      if (!signal.aborted) tellFailure(error);
    } finally {
      setCount(undefined);
    }
  };
  if (count === undefined)
    return (
      <Button
        variant="default"
        size="xs"
        leftSection={<IconDownload size={14} aria-hidden />}
        onClick={() => void start()}
      >
        Export as JSON lines
      </Button>
    );
  return (
    <Group gap="xs">
      <output>{count.toLocaleString()} rows read</output>
      <Button variant="default" size="xs" onClick={() => ended.current.abort()}>
        Cancel
      </Button>
    </Group>
  );
}

function save(lines: string[], name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(lines, { type: 'application/jsonl' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
