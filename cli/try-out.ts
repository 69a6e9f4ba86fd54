import { BACKEND_KINDS } from '@freeflow/contract';
import { quoteShell } from '@freeflow/lib/shell';
import type { Connections } from '../backends/connections';
import { moduleOf } from '../backends/registry';

/** How to try each connection by hand: commands to paste, by backend. */
export const tryOut = (connections: Connections): Record<string, string> =>
  Object.fromEntries(
    BACKEND_KINDS.flatMap((kind) => {
      const fields = connections[kind];
      return fields === undefined ? [] : [[kind, moduleOf(kind).connect.tryOut(fields).map(quoteIfNeeded).join(' ')]];
    }),
  );

/** What is nothing but a word, an option or a pair of words stays readable without quotes. */
const quoteIfNeeded = (text: string | number): string =>
  /^-{0,2}\w+(=\w+)?$/.test(String(text)) ? String(text) : quoteShell(text);
