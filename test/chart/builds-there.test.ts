import { describeChart, render, renderBeside, valueSet } from './helm';
import { find } from './pods';

describeChart('a build of workers that the cluster has', () => {
  const [made] = render([valueSet('versions')]);
  const v14 = () => find(made?.objects ?? [], 'Deployment', '-worker-v14');
  const only = [valueSet('minimal')[0] ?? '', 'worker: { settings: { TEMPORAL_WORKER_DEPLOYMENT: freeflow } }'];
  const errorOf = (tag: string, there: object = v14()) =>
    renderBeside(there, [[...only, values(tag)]]).map(({ error }) => error)[0];
  const values = (tag: string) =>
    `worker: { deployments: { v14: { image: { tag: "${tag}" }, settings: { TEMPORAL_WORKER_BUILD_ID: "1.4.0" } } } }`;

  test('stays what it is: another in its place is refused, before anything is migrated', () => {
    expect(errorOf('1.4.0')).toBe('');
    expect(errorOf('1.5.0')).toMatch(/worker\.deployments\.v14: the cluster has another build under this name/);
  });

  test('is not put in the place of workers without versions either', () => {
    const plain = find(render([valueSet('minimal')])[0]?.objects ?? [], 'Deployment', '-worker');
    expect(errorOf('1.4.0', plain)).toMatch(/another build under this name/);
  });
});
