import { colours as pc } from '@freeflow/lib/colours';

/** Where a stack reports what it does. */
export interface Progress {
  /** What a server is doing now; replaces what it did before. */
  update(row: string, text: string): void;
  /** The same, for figures that change many times a second. */
  tick(row: string, text: string): void;
  /** A line of its own. */
  note(text: string): void;
  /** No more updates: what is on the screen stays. */
  close(): void;
}

type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

const TITLE_WIDTH = 12;
const PLAIN_TICK_MS = 3_000;

const line = (row: string, text: string): string => `${pc.bold(row.padEnd(TITLE_WIDTH))} ${text}`;

/** Lines redrawn in place on a terminal, appended anywhere else. */
export const createProgress = (output: Output): Progress =>
  output.isTTY ? terminalProgress(output) : plainProgress(output);

/** One line for each change; fast figures only every few seconds. */
export function plainProgress(output: Pick<Output, 'write'>): Progress {
  const nextTick = new Map<string, number>();
  const update = (row: string, text: string) => {
    output.write(`${line(row, text)}\n`);
  };
  return {
    update,
    tick(row, text) {
      if (Date.now() < (nextTick.get(row) ?? 0)) return;
      nextTick.set(row, Date.now() + PLAIN_TICK_MS);
      update(row, text);
    },
    note(text) {
      output.write(`${text}\n`);
    },
    close() {
      nextTick.clear();
    },
  };
}

function terminalProgress(output: Output): Progress {
  let rows = new Map<string, string>();
  const clear = () => {
    if (rows.size > 0) output.write(`\u001b[${rows.size}A\u001b[0J`);
  };
  const draw = () => {
    for (const [row, text] of rows) output.write(`${line(row, cut(text, output.columns))}\n`);
  };
  const update = (row: string, text: string) => {
    clear();
    rows.set(row, text);
    draw();
  };
  return {
    update,
    tick: update,
    note(text) {
      clear();
      output.write(`${text}\n`);
      draw();
    },
    close() {
      rows = new Map();
    },
  };
}

/** A line that wraps would be counted wrongly when the lines are redrawn. */
const cut = (text: string, columns: number): string => text.slice(0, Math.max(20, columns - TITLE_WIDTH - 2));

/** The text of a row that is done. */
export const ready = (text: string): string => `${pc.green('ready')}     ${text}`;

/** `1.2 s` */
export const seconds = (sinceMs: number): string => `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;

/** How much of a download is there, in bytes. */
export interface Fetched {
  done: number;
  total?: number | undefined;
}

/** `12.3/44.5 MB, 28 %`, or `12.3 MB` while the whole is unknown. */
export function amount({ done, total }: Fetched): string {
  const mega = (bytes: number) => (bytes / 1e6).toFixed(1);
  return total === undefined
    ? `${mega(done)} MB`
    : `${mega(done)}/${mega(total)} MB, ${Math.min(100, Math.floor((done / total) * 100))} %`;
}
