import { colours as pc } from '@freeflow/lib/colours';

type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

/** What is still awaited, on one line that is redrawn; on a terminal only. */
export function createProgress(
  output: Output,
  checks: readonly string[],
): { done: (check: string) => void; hide: () => void } {
  const waiting = new Set(checks);
  const hide = () => {
    if (output.isTTY) output.write('\r\u001b[2K');
  };
  const draw = () => {
    if (!output.isTTY || waiting.size === 0) return;
    const text = `${checks.length - waiting.size} of ${checks.length} checked; waiting for ${[...waiting].join(', ')}`;
    output.write(`\r\u001b[2K${pc.dim(text.slice(0, Math.max(20, output.columns - 1)))}`);
  };
  draw();
  return {
    hide,
    done: (check) => {
      waiting.delete(check);
      draw();
    },
  };
}
