import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** All addresses of a name. @throws Error with code `ENOTFOUND` | `EAI_AGAIN` */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

export interface ResolverOptions {
  /** Addresses with ports. @default those of the system */
  servers?: readonly string[];
  hostsFile?: string;
  /** Which domains are searched. */
  configFile?: string;
  withinMs?: number;
}

const TRY_MS = 2_000;
const TRIES = 2;

/**
 * Looks names up as the system does, by its files and its name servers, but holds no thread: `dns.lookup` takes one of
 * the few that a process has for as long as a name server is silent, and the lookups of the backends wait for it.
 */
export const nameResolver =
  ({
    servers,
    hostsFile = '/etc/hosts',
    configFile = '/etc/resolv.conf',
    withinMs = 5_000,
  }: ResolverOptions = {}): Resolve =>
  async (hostname) => {
    const listed = listedIn(await readText(hostsFile), hostname);
    if (listed.length > 0) return listed;
    const names = candidatesOf(hostname, await readText(configFile));
    // One of its own: that it is given up ends no other one's questions.
    const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const timer = setTimeout(() => resolver.cancel(), withinMs);
    try {
      for (const name of names) {
        const found = await ask(resolver, name);
        if (found.length > 0) return found;
      }
    } finally {
      clearTimeout(timer);
    }
    throw failure('ENOTFOUND', hostname);
  };

export const resolveName = nameResolver();

/** Empty where there is no such name. @throws Error `EAI_AGAIN` where nobody knows whether there is */
async function ask(resolver: Resolver, name: string): Promise<LookupAddress[]> {
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const found = answers.flatMap((answer, at) =>
    answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family: at === 0 ? 4 : 6 })) : [],
  );
  if (found.length > 0 || answers.every(isDenied)) return found;
  throw failure('EAI_AGAIN', name);
}

const DENIALS = ['ENOTFOUND', 'ENODATA', 'EBADNAME'];
const isDenied = (answer: PromiseSettledResult<unknown>): boolean =>
  answer.status === 'fulfilled' || DENIALS.includes((answer.reason as NodeJS.ErrnoException).code ?? '');

const failure = (code: string, name: string): Error => Object.assign(new Error(`${code} ${name}`), { code });

function listedIn(hosts: string, hostname: string): LookupAddress[] {
  const wanted = hostname.replace(/\.$/, '').toLowerCase();
  return hosts.split('\n').flatMap((line) => {
    const [address = '', ...names] = wordsOf(line);
    const isListed = names.some((name) => name.toLowerCase() === wanted);
    // One with a zone is of one network interface alone.
    return isListed && isIP(address) !== 0 && !address.includes('%') ? [{ address, family: isIP(address) }] : [];
  });
}

/** The name as it is, then in each domain that is searched: so short names of a cluster are found. */
function candidatesOf(hostname: string, config: string): string[] {
  const lines = config.split('\n').map(wordsOf);
  const [, ...domains] = lines.findLast(([word]) => word === 'search' || word === 'domain') ?? [];
  return hostname.endsWith('.') ? [hostname] : [hostname, ...domains.map((domain) => `${hostname}.${domain}`)];
}

/** The words of a line, without its comment. */
const wordsOf = (line: string): string[] => (line.split('#')[0] ?? '').split(/\s+/).filter((word) => word !== '');

/** Where there is no such file, nothing is said by it. */
const readText = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
