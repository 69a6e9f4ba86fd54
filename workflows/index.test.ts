import { OPERATIONS, type WorkflowType } from '@freeflow/contract';
import * as registered from './index';

/** What is registered besides: they work for the installation, not for a tenant. */
const OF_NO_TENANT = [
  'sweepOperations',
  'reconcile',
  'dropOrphan',
  'revealCredentials',
  'keepPool',
  'deliverWebhook',
  'upgradeFleet',
];

/** Does not compile where the workflow of an operation does not exist. */
const registeredName = (workflow: WorkflowType): keyof typeof registered => workflow;

test('exactly the workflows of the operations are registered, and those of no tenant', () => {
  const ofOperations = new Set<string>(Object.values(OPERATIONS).map((it) => registeredName(it.workflow)));
  expect(Object.keys(registered).sort()).toEqual([...ofOperations, ...OF_NO_TENANT].sort());
});
