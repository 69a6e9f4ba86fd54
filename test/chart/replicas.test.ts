import { describeChart, render, renderBeside, valueSet, type Rendered } from './helm';
import { find } from './pods';

const scaled = [valueSet('production')];
const replicas = ([it]: Rendered[]) =>
  ['-api', '-worker'].map((name) => find(it?.objects ?? [], 'Deployment', name).spec['replicas']);

const deployment = (...managedFields: object[]) => ({ metadata: { managedFields }, spec: { replicas: 5 } });
const HELM_3 = { manager: 'helm', operation: 'Update' };
const HELM_4 = { manager: 'helm', operation: 'Apply' };
const SCALER = { manager: 'kube-controller-manager', operation: 'Update', subresource: 'scale' };

describeChart('the number of replicas, where something scales them', () => {
  test('is what it was, for an upgrade would make it one: on switching it on and later', () => {
    for (const there of [deployment(HELM_3), deployment(HELM_3, SCALER), deployment(HELM_4)])
      expect(replicas(renderBeside(there, scaled))).toEqual([5, 5]);
  });

  test('is left alone once the scaler owns it, where Helm would fail at what has changed meanwhile', () => {
    expect(replicas(renderBeside(deployment(HELM_4, SCALER), scaled))).toEqual([undefined, undefined]);
  });

  test('is not said where nothing is there, and is that of the values where nothing scales', () => {
    expect(replicas(render(scaled))).toEqual([undefined, undefined]);
    expect(replicas(renderBeside(deployment(HELM_3), [valueSet('minimal')]))).toEqual([2, 2]);
  });
});
