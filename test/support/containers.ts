import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findBuilder } from '../../deploy/image/builder';
import { findOnPath } from '../../stack/fetch/on-path';

/** How a container, or a command in one, has ended. */
export interface ContainerEnd {
  code: number | null;
  output: string;
}

/** A container that runs. */
export interface Container {
  name: string;
  process: ChildProcess;
  /** Once it has ended. */
  ended: Promise<ContainerEnd>;
  /** Runs something in it. */
  exec(...words: string[]): ContainerEnd;
  kill(signal: NodeJS.Signals): void;
}

/** As an orchestrator would run it where it trusts nobody: what the image promises to do without is taken away. */
const LOCKED_DOWN = [
  ...['--read-only', '--read-only-tmpfs=false', '--tmpfs', '/tmp:rw,noexec,nosuid,size=16m'],
  ...['--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
];

/** Whether images can be built and run on this machine; says so aloud where they can't. */
export function hasContainers(): boolean {
  const missing = [
    ...(findBuilder(process.env) === undefined ? ['buildah'] : []),
    ...(findOnPath('podman', process.env) === undefined ? ['podman'] : []),
  ];
  if (missing.length > 0)
    process.stderr.write(
      `\n${missing.join(' and ')} not installed: the image is NOT TESTED here. Install: apt-get install buildah podman runc\n`,
    );
  return missing.length === 0;
}

/**
 * Podman's settings for where there is no systemd, and only the older form of control groups; and where the limits of
 * the machine are higher than a container may ask for.
 */
const settings = (): string => `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
${findOnPath('runc', process.env) === undefined ? '' : 'runtime = "runc"'}
`;

/** Podman as it works here. */
export class Podman {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'freeflow-podman-'));
  /** For programs that run podman themselves. */
  readonly env: NodeJS.ProcessEnv = { ...process.env, CONTAINERS_CONF: path.join(this.folder, 'containers.conf') };
  private readonly started = new Map<string, Promise<unknown>>();

  constructor() {
    writeFileSync(path.join(this.folder, 'containers.conf'), settings());
  }

  /** Runs podman; gives what it prints. @throws Error with what it has printed, where it fails */
  run(...words: string[]): string {
    return execFileSync('podman', words, { env: this.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  }

  /**
   * Starts a container on the network of this machine, where the test servers are.
   * @param env what it is told, by a file: arguments are there for everyone to see
   */
  start(image: string, words: readonly string[], env: Record<string, string> = {}, logFile?: string): Container {
    const name = `freeflow-test-${process.pid}-${this.started.size}`;
    const envFile = path.join(this.folder, `${name}.env`);
    writeFileSync(
      envFile,
      Object.entries(env)
        .map((it) => `${it.join('=')}\n`)
        .join(''),
      { mode: 0o600 },
    );
    // Podman's own timer for health checks would be systemd's.
    const options = [
      '--rm',
      '--no-healthcheck',
      '--name',
      name,
      '--network',
      'host',
      '--env-file',
      envFile,
      ...LOCKED_DOWN,
    ];
    const child = spawn('podman', ['run', ...options, image, ...words], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (it) => (output += String(it)));
      if (logFile !== undefined) stream.pipe(createWriteStream(logFile, { flags: 'a' }));
    }
    const ended = new Promise<ContainerEnd>((resolve) => child.once('close', (code) => resolve({ code, output })));
    this.started.set(name, ended);
    return {
      name,
      process: child,
      ended,
      exec: (...it) => this.exec(name, it),
      kill: (signal) => void this.run('kill', '--signal', signal, name),
    };
  }

  private exec(name: string, words: readonly string[]): ContainerEnd {
    try {
      return { code: 0, output: this.run('exec', name, ...words) };
    } catch (error) {
      const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
      return { code: status, output: stdout + stderr };
    }
  }

  /** Ends all containers, and removes their image. */
  async close(image: string): Promise<void> {
    if (this.started.size > 0) this.run('rm', '--force', '--ignore', '--time', '0', ...this.started.keys());
    await Promise.all(this.started.values());
    this.run('image', 'rm', '--force', image);
    rmSync(this.folder, { recursive: true });
  }
}
