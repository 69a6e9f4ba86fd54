import type { TenantBody } from '@freeflow/contract/http';
import { openTerminal } from '../terminal';
import { openProgress } from './progress';

test('without a worker that is said once, where there is no spinner to say it', async () => {
  const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  const progress = await openProgress({ ...openTerminal({}), isInteractive: false }, 2, 'pnpm freeflow');
  for (const name of ['acme', 'globex', 'acme']) progress.viewerOf(name).untaken({ name } as TenantBody, 10_000);
  progress.end();
  expect(said.mock.calls).toEqual([
    [expect.stringMatching(/^acme: no sign of a worker .* after 10.* s.*See why: pnpm freeflow doctor$/)],
  ]);
  said.mockRestore();
});
