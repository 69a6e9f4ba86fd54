import { readFileSync } from 'node:fs';
import { plansFile, type Plans } from '@freeflow/contract/plans';
import { ConfigError } from '../config';
import { parseYaml, YamlError } from '../yaml';

/** A plan has some lines: what is larger is another file. */
const LARGEST_BYTES = 1024 * 1024;

/**
 * Reads the plans, YAML or JSON.
 * @param file none where it is undefined
 * @throws ConfigError with all that is wrong, each by file, line and column
 */
export function readPlans(file: string | undefined): Plans {
  if (file === undefined) return new Map();
  try {
    return new Map(Object.entries(parseYaml(plansFile, readText(file), file).plans));
  } catch (error) {
    if (error instanceof YamlError) throw new ConfigError(error.message);
    throw error;
  }
}

function readText(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `PLANS_FILE names a file that can't be read: ${file} (${(error as NodeJS.ErrnoException).code ?? 'unknown cause'})`,
    );
  }
  if (Buffer.byteLength(text) > LARGEST_BYTES)
    throw new ConfigError(`PLANS_FILE names a file of more than 1 MiB: ${file}`);
  return text;
}
