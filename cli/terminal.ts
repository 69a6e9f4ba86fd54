/** Where a command writes. */
export interface Terminal {
  /** A line of the answer. */
  say: (line: string) => void;
  /** The answer for programs, as JSON; nothing else is said then. */
  isJson: boolean;
  /** Whether somebody watches: then there is a spinner, and questions may be asked. */
  isInteractive: boolean;
  /** Undefined where the output goes into a pipe or a file. */
  columns: number | undefined;
}

export function openTerminal({ json = false }: { json?: boolean }): Terminal {
  const isTerminal = process.stdout.isTTY === true;
  // A terminal of no known size has 0 columns: the spinner would clear lines for ever there.
  const columns = isTerminal && process.stdout.columns > 0 ? process.stdout.columns : undefined;
  return {
    say: (line) => {
      if (!json) console.log(line);
    },
    isJson: json,
    isInteractive: columns !== undefined && process.stderr.isTTY === true && !json,
    columns,
  };
}
