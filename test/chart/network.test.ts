import { describeChart, render, valueSet, type Manifest } from './helm';
import { containerOf, find } from './pods';

interface Rule {
  to: { ipBlock?: { cidr: string }; namespaceSelector?: { matchLabels: Record<string, string> } }[];
  ports?: { port: number; protocol?: string }[];
}

const [production] = render([valueSet('production')]);
const rulesOf = (it: Manifest) => it.spec['egress'] as Rule[];

/** The servers that the environment of a pod names: what is in Secrets can't be seen here. */
const serversOf = (it: Manifest): URL[] =>
  containerOf(it).env.flatMap(({ name, value = '' }) => {
    const text = name === 'TEMPORAL_ADDRESS' ? `http://${value}` : value;
    return /^https?:\/\//.test(text) ? [new URL(text)] : [];
  });

const portOf = ({ port, protocol }: URL) => Number(port || (protocol === 'https:' ? 443 : 80));

/** Whether a rule leads there: SERVICE.NAMESPACE is in the cluster, names that end with .example are outside. */
const leadsTo = (url: URL, { to, ports }: Rule) =>
  (ports?.some(({ port }) => port === portOf(url)) ?? true) &&
  to.some(({ ipBlock, namespaceSelector }) =>
    url.hostname.endsWith('.example')
      ? ipBlock !== undefined && !ipBlock.cidr.endsWith('/0')
      : namespaceSelector?.matchLabels['kubernetes.io/metadata.name'] === url.hostname.split('.')[1],
  );

describeChart('where processes may connect to', () => {
  test.each(['-api', '-worker'])('production.yaml: %s reaches each server that it is told of', (name) => {
    const { objects = [] } = production ?? {};
    const servers = serversOf(find(objects, 'Deployment', name));
    expect(servers.length).toBeGreaterThan(2);
    const rules = rulesOf(find(objects, 'NetworkPolicy', name));
    expect(servers.filter((it) => !rules.some((rule) => leadsTo(it, rule))).map(({ href }) => href)).toEqual([]);
  });

  test('webhooks: public addresses at the ports that are told, networks that are allowed at any', () => {
    const network = 'networkPolicies: { webhookPorts: [443, 8443], dnsPorts: [5353] }';
    const [told, any] = render([
      [...valueSet('production'), 'settings: { WEBHOOK_ALLOWED_NETWORKS: "10.20.0.0/16, 10.30.0.1,fd00::1" }', network],
      [...valueSet('production'), 'networkPolicies: { webhookPorts: [] }'],
    ]);
    const rules = (it = told) => rulesOf(find(it?.objects ?? [], 'NetworkPolicy', '-worker'));
    const isPublic = ({ to }: Rule) => to.some(({ ipBlock }) => ipBlock?.cidr === '0.0.0.0/0');
    expect(rules(production).find(isPublic)?.ports).toEqual([{ port: 443 }]);
    expect(rules().find(isPublic)?.ports).toEqual([{ port: 443 }, { port: 8443 }]);
    expect(rules(any).find(isPublic)).not.toHaveProperty('ports');
    const allowed = ['10.20.0.0/16', '10.30.0.1/32', 'fd00::1/128'].map((cidr) => ({ ipBlock: { cidr } }));
    expect(rules()).toContainEqual({ to: allowed });
    expect(rules()[0]?.ports).toEqual(['UDP', 'TCP'].map((protocol) => ({ port: 5353, protocol })));
  });
});
