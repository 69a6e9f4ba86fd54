import type { ProcessIdentity } from '@freeflow/contract/stack-info';
import { colours as pc } from '@freeflow/lib/colours';
import { ExternalServerError, waitUntilAnswers } from './external-server';
import { ManagedProcess } from './managed-process';
import { claimPorts } from './port-claims';
import { isFree } from './ports';
import { amount, type Progress, ready, seconds } from './progress';
import { logFile } from './project';
import type { Program, Server, ServerContext, StackPart } from './servers/server';
import { saveSettings } from './settings';

export interface RunningServer {
  server: Server;
  process: ManagedProcess;
}

export interface RunServerContext extends Omit<ServerContext, 'note'> {
  progress: Progress;
  /** Called before it starts, so that it can be stopped in any event. */
  onRunning: (started: RunningServer) => void;
  onLaunch: (identity: ProcessIdentity) => void;
}

const READY_WITHIN_MS = 180_000;
const STOP_WITHIN_MS = 15_000;
const PORT_ATTEMPTS_MAX = 3;

/** Fetches, starts and sets up one server, showing each state of it, and returns its part of `stack.json`. */
export async function runServer(server: Server, context: RunServerContext): Promise<StackPart> {
  const startedAt = Date.now();
  const { progress, settings } = context;
  const own: ServerContext = {
    ...context,
    note: (text) => {
      progress.note(`${server.title}: ${text}`);
    },
  };
  try {
    const program = server.isExternal(context.external)
      ? await checkExternal(server, own, progress)
      : await startEmbedded(server, own, context);
    const part = program === undefined ? await setUpExternal(server, own) : await server.setUp(own, program);
    const where =
      program === undefined
        ? 'external, not started here'
        : `${program.version}, port ${settings.ports[server.ports[0]]}`;
    progress.update(server.title, ready(`${where}, ${seconds(startedAt)}`));
    return part;
  } catch (error) {
    progress.update(server.title, context.signal.aborted ? 'cancelled' : pc.red('failed'));
    throw error;
  }
}

async function checkExternal(server: Server, context: ServerContext, progress: Progress): Promise<undefined> {
  progress.update(server.title, 'checking');
  await waitUntilAnswers(server, () => server.check(context), context.signal);
  return undefined;
}

async function setUpExternal(server: Server, context: ServerContext): Promise<StackPart> {
  try {
    return await server.setUp(context);
  } catch (error) {
    throw context.signal.aborted || error instanceof ExternalServerError
      ? error
      : new ExternalServerError(server, 'could not be set up', error);
  }
}

async function startEmbedded(server: Server, own: ServerContext, context: RunServerContext): Promise<Program> {
  const { progress, signal } = context;
  const program = await server.fetch({
    ...own,
    onProgress: (fetched) => {
      progress.tick(server.title, `fetching  ${amount(fetched)}`);
    },
    onBuild: () => {
      progress.update(server.title, 'building  once, to start faster');
    },
  });
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    progress.update(server.title, `starting  ${program.version}`);
    try {
      await launch(server, own, program, context);
      return program;
    } catch (error) {
      // Another program may have taken the port after it was chosen.
      const isTaken = (await Promise.all(server.ports.map((name) => isFree(context.settings.ports[name])))).includes(
        false,
      );
      if (signal.aborted || !isTaken || tries === PORT_ATTEMPTS_MAX) throw error;
      const chosen = await claimPorts(context, context.settings.ports, server.ports);
      // Only its own: another server may have moved in the meantime.
      for (const name of server.ports) context.settings.ports[name] = chosen[name];
      saveSettings(context.dir, context.settings);
    }
  }
}

async function launch(
  server: Server,
  own: ServerContext,
  program: Program,
  { progress, signal, dir, onRunning, onLaunch }: RunServerContext,
): Promise<void> {
  const managed = new ManagedProcess({
    title: server.title,
    log: logFile(dir, server.name),
    plan: () => server.launch(own, program),
    check: () => server.check(own),
    readyWithinMs: READY_WITHIN_MS,
    stopSignal: server.stopSignal,
    stopWithinMs: STOP_WITHIN_MS,
    onLaunch,
    onEvent: (text) => {
      progress.note(text);
    },
  });
  onRunning({ server, process: managed });
  const cancel = () => {
    void managed.stop();
  };
  signal.addEventListener('abort', cancel);
  try {
    await managed.start();
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
