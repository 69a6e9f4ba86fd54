import type { Command } from 'commander';
import { addApply } from './apply';
import { addAudit } from './audit';
import { addContexts } from './contexts';
import { addEvents } from './events';
import { addExport } from './export';
import { addFleet } from './fleet';
import { addLogin } from './login';
import { addLogout } from './logout';
import { addPlans } from './plans';
import { addReconcile } from './reconcile';
import { addResources } from './resources';
import { addChanges } from './tenants/change';
import { addDelete } from './tenants/delete';
import { addIdentity } from './tenants/identity';
import { addOnCall } from './tenants/on-call';
import { addQueries } from './tenants/queries';
import { addRotate } from './tenants/rotate';
import type { Host } from './tenants/tools';
import { addUsage } from './tenants/usage';
import { addWebhooks } from './webhooks';

/** Adds the commands that call the API alone. Returns `tenants`, to which others may be added. */
export function addCommands(program: Command, host: Host): Command {
  const tenants = program.command('tenants').description('create, show, change and delete tenants');
  for (const add of [addChanges, addRotate, addIdentity, addDelete, addQueries, addUsage, addOnCall])
    add(tenants, host);
  for (const add of [
    addApply,
    addExport,
    addPlans,
    addFleet,
    addReconcile,
    addResources,
    addAudit,
    addEvents,
    addWebhooks,
    addLogin,
    addLogout,
    addContexts,
  ])
    add(program, host);
  return tenants;
}
