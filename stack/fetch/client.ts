import { spawn } from 'node:child_process';

/** A package client that ran and failed; the message ends with its last output. */
export class PackageClientError extends Error {}

export interface ClientRun {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Called with each piece of what the client prints. */
  onOutput?: (text: string) => void;
  signal: AbortSignal;
}

/**
 * Runs a registry's ordinary client, as the user has set it up.
 * @returns false when there is no such command
 * @throws PackageClientError when it ends with an error
 */
export function runClient({ command, args, env, cwd, onOutput, signal }: ClientRun): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(command, args, { env, cwd, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    const listen = (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      output = (output + text).slice(-4_000);
      onOutput?.(text);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(false);
      else reject(error);
    });
    child.once('close', (code) => {
      if (code === 0) resolve(true);
      else
        reject(
          new PackageClientError(
            `${command} ${args.join(' ')} ended with ${code ?? 'a signal'}:\n${output
              .trim()
              .split(/[\r\n]+/)
              .slice(-8)
              .join('\n')}`,
          ),
        );
    });
  });
}
