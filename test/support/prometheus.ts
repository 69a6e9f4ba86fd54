import { findOnPath } from '../../stack/fetch/on-path';

/**
 * A program of Prometheus' on this machine (Debian: `apt-get install prometheus`); says so aloud where there is none.
 */
export function findPrometheusProgram(name: 'promtool' | 'prometheus'): string | undefined {
  const program = findOnPath(name, process.env);
  if (program === undefined)
    process.stderr.write(
      `\n${name} is not installed: what needs it is NOT TESTED here. Install it: apt-get install prometheus\n`,
    );
  return program;
}
