import { newName } from '../support/activity-harness';
import { envOf } from '../support/freeflow';
import type { TestInstallation } from '../support/installation';
import { askFor, operationEnds, tenantOf } from '../support/tenants';
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

  const CTRL_C = '\u0003';

  test('a terminal shows a spinner and colours; Ctrl-C leaves the operation running and says how to follow it', async () => {
    const name = newName('s');
    const sitting = sitDown(['tenants', 'create', name], env);
    await until('the first step shows', async () => sitting.screen().includes('begin'));
    expect(sitting.screen()).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
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
    const name = newName('s');
    const { id } = await operationEnds(installation, await askFor(installation, name));
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
    const name = newName('s');
    const sitting = sitDown(['tenants', 'create', name], env, 0);
    expect(await sitting.ended).toBe(0);
    expect(sitting.screen()).toMatch(/activate[^]*is .*active/);
    expect(sitting.screen()).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
  });
}
