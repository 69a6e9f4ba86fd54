import { newName } from '../support/activity-harness';
import { envOf } from '../support/freeflow';
import type { TestInstallation } from '../support/installation';
import { tenantOf } from '../support/tenants';
import { sitDown } from '../support/terminal';
import { until } from '../support/until';

/** What a person at a terminal sees, in an ordinary installation. */
export function describeTerminal(given: () => TestInstallation): void {
  let installation: TestInstallation;
  let env: Record<string, string>;
  beforeAll(() => {
    installation = given();
    env = envOf(installation);
  });

  /** Made by the first test, deleted by the second, restored by the third. */
  const name = newName('s');
  const CTRL_C = '\u0003';

  test('a terminal shows a spinner and colours; Ctrl-C leaves the operation running and says how to follow it', async () => {
    const sitting = sitDown(['tenants', 'create', name], env);
    // The spinner is drawn below the step, a moment after it.
    await until('the first step and a spinner show', async () => /begin[^]*[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/.test(sitting.screen()));
    expect(sitting.screen()).toContain('\u001B[32m✔');
    sitting.type(CTRL_C);
    expect(await sitting.ended).toBe(130);
    expect(sitting.screen()).toContain(
      `The operation goes on. Follow it again: FREEFLOW_STACK_DIR=/nonexistent npm run -s freeflow -- tenants watch ${name}`,
    );
    const watching = sitDown(['tenants', 'watch', name], env);
    expect(await watching.ended).toBe(0);
    expect(watching.screen()).toMatch(/activate[^]*is .*active/);
  });

  test('a deletion requires the name: another word does nothing, the name does it', async () => {
    const { rows } = await installation.master.query<{ id: string }>('SELECT id FROM "Tenant" WHERE name = $1', [name]);
    const id = rows[0]?.id ?? '';
    for (const [typed, code, status] of [
      ['yes', 1, 'active'],
      [name, 0, 'deleted'],
    ] as const) {
      const sitting = sitDown(['tenants', 'delete', name], env);
      await until('it asks', async () => sitting.screen().includes('Type its name to confirm: '));
      expect(sitting.screen()).toContain(`${name} loses its access at once`);
      sitting.type(`${typed}\r`);
      expect(await sitting.ended).toBe(code);
      expect(await tenantOf(installation, id)).toMatchObject({ status });
    }
  });

  test('a terminal that does not know its size is shown lines alone', async () => {
    const sitting = sitDown(['tenants', 'restore', name], env, 0);
    expect(await sitting.ended).toBe(0);
    expect(sitting.screen()).toMatch(/keycloak\.enable[^]*is .*active/);
    expect(sitting.screen()).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
  });
}
