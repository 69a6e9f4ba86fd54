import { newName } from '../support/activity-harness';
import { openTestInstallation } from '../support/installation';
import { change, createTenant, deleteTenant } from '../support/tenants';

/** Where the release before is, as it was built: by `npm run test:previous`. */
const PREVIOUS = process.env['PREVIOUS_RELEASE'];

const PAIRS = [
  ['the release before', PREVIOUS, PREVIOUS],
  ['its API with the workers of today', PREVIOUS, undefined],
  ['the API of today with its workers', undefined, PREVIOUS],
] as const;

const cases = PREVIOUS === undefined ? [] : PAIRS;
if (PREVIOUS === undefined)
  test('the release before is tried by npm run test:previous -- REF, and not here', () => {
    expect(cases).toEqual([]);
  });

for (const [what, api, worker] of cases)
  test(`${what}: a tenant's life on the schema as it is now`, async () => {
    const installation = await openTestInstallation({ releases: { api, worker } });
    try {
      const { id, status } = await createTenant(installation, newName('r'));
      expect(status).toBe('active');
      expect((await change(installation, id, 'suspend')).status).toBe('suspended');
      expect((await change(installation, id, 'resume')).status).toBe('active');
      expect((await change(installation, id, 'delete')).status).toBe('deleted');
      expect((await change(installation, id, 'restore')).status).toBe('active');
      const gone = await deleteTenant(installation, id);
      expect([gone.status, gone.operation.state, gone.goneAt]).toEqual(['deleted', 'done', expect.any(String)]);
      expect((await installation.request('GET', '/tenants/stuck')).body['items']).toEqual([]);
    } finally {
      await installation.close();
    }
  });
