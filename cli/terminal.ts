import { say } from './show/printable';

/** Where a command writes. */
export interface Terminal {
  /** A line of the answer. */
  print: (line: string) => void;
  /** The answer is JSON, for programs; nothing else is printed then. */
  isJson: boolean;
  /** Whether a person watches: then there are a spinner and prompts. */
  isInteractive: boolean;
  /** Undefined where the output goes into a pipe or a file. */
  columns: number | undefined;
}

export function openTerminal({ json = false }: { json?: boolean }): Terminal {
  const isTerminal = process.stdout.isTTY === true;
  // A terminal of unknown size has 0 columns: the spinner would clear lines for ever there.
  const columns = isTerminal && process.stdout.columns > 0 ? process.stdout.columns : undefined;
  return {
    print: (line) => {
      if (!json) say(line);
    },
    isJson: json,
    isInteractive: columns !== undefined && process.stderr.isTTY === true && !json,
    columns,
  };
}
