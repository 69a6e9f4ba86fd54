import type { TenantBody } from '@freeflow/contract/http';
import { EXIT } from '../../failure';
import { exitCodeOf, follow, type GivenAnswer } from '../../follow';
import { onInterrupt } from '../../interruption';
import { outcomeOf } from '../../show/outcome';
import { sayAside } from '../../show/printable';
import { stepsViewer } from '../../show/steps';
import { duration } from '../../show/time';
import { printJson, type Tools } from './tools';

export interface FollowOptions {
  json?: boolean;
  /** false: what was accepted is enough (--no-wait). */
  wait?: boolean;
}

/**
 * Follows what was just accepted until it has ended or waits for an answer, and shows it. Ctrl-C ends the following,
 * not the work.
 * @returns how the command ends
 */
export async function followToEnd(
  tools: Tools,
  tenant: TenantBody,
  { wait = true, answer }: FollowOptions & { answer?: GivenAnswer } = {},
): Promise<number> {
  const { terminal, freeflow, followed } = tools;
  const { id, name, operation } = tenant;
  if (operation === null) {
    terminal.print(`${name} is ${tenant.status}. It is registered only: nothing was provisioned for it.`);
    if (terminal.isJson) printJson(tenant);
    return EXIT.done;
  }
  if (!wait) {
    terminal.print(outcomeOf(tenant, operation, undefined, freeflow));
    if (terminal.isJson) printJson(tenant);
    return EXIT.done;
  }
  const viewer = await stepsViewer(terminal, freeflow);
  const interrupted = new AbortController();
  const stopListening = onInterrupt(interrupted, viewer.end);
  const news = tools.newsOf(id, interrupted.signal);
  try {
    const seen = await follow(
      followed,
      {
        tenantId: id,
        operationId: operation.id,
        ...(answer === undefined ? {} : { answer }),
        news,
        signal: interrupted.signal,
      },
      terminal.isJson ? { ...viewer, ...SILENT } : viewer,
    );
    viewer.end();
    terminal.print(
      outcomeOf(
        seen.tenant,
        seen.operation,
        duration(Date.parse(seen.operation.endedAt ?? new Date().toISOString()) - Date.parse(operation.requestedAt)),
        freeflow,
      ),
    );
    if (terminal.isJson) printJson(seen.tenant);
    return exitCodeOf(seen.operation);
  } catch (error) {
    viewer.end();
    if (!interrupted.signal.aborted) throw error;
    sayAside(`\nThe operation goes on. Follow it again: ${freeflow} tenants watch ${name}`);
    return EXIT.interrupted;
  } finally {
    news.close();
    stopListening();
  }
}

const SILENT = { row: () => undefined, state: () => undefined, outage: () => undefined };
