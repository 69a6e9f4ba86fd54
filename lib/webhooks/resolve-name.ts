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
  /** Which domains are searched, and whether before a name is taken as it is. */
  configFile?: string;
  withinMs?: number;
}

const TRY_MS = 2_000;
const TRIES = 2;
/** More is taken for this by the system, too. */
const MOST_NDOTS = 15;

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
    const over = AbortSignal.timeout(withinMs);
    over.addEventListener('abort', () => resolver.cancel());
    let isUnknown = false;
    for (const name of names) {
      const found = await ask(resolver, name);
      if (found === 'unknown') isUnknown = true;
      else if (found.length > 0) return found;
      if (over.aborted) break;
    }
    throw failure(isUnknown ? 'EAI_AGAIN' : 'ENOTFOUND', hostname);
  };

export const resolveName = nameResolver();

/** Empty where there is no such name; `unknown` where nobody says whether there is. */
async function ask(resolver: Resolver, name: string): Promise<LookupAddress[] | 'unknown'> {
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const found = answers.flatMap((answer, at) =>
    answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family: at === 0 ? 4 : 6 })) : [],
  );
  return found.length > 0 || answers.every(isDenied) ? found : 'unknown';
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

/**
 * The name in each domain that is searched, so that short names of a cluster are found, and as it is: that first where
 * it has dots enough (resolv.conf(5), ndots). A name that exists in both means the same as to every other process here.
 */
function candidatesOf(hostname: string, config: string): string[] {
  if (hostname.endsWith('.')) return [hostname];
  const lines = config.split('\n').map(wordsOf);
  const [, ...domains] = lines.findLast(([word]) => word === 'search' || word === 'domain') ?? [];
  const searched = domains.map((domain) => `${hostname}.${domain}`);
  const dots = hostname.split('.').length - 1;
  return dots >= ndotsOf(lines) ? [hostname, ...searched] : [...searched, hostname];
}

function ndotsOf(lines: readonly string[][]): number {
  const options = lines.flatMap(([word, ...rest]) => (word === 'options' ? rest : []));
  const set = options.findLast((it) => /^ndots:\d+$/.test(it));
  return Math.min(MOST_NDOTS, set === undefined ? 1 : Number(set.slice('ndots:'.length)));
}

/** The words of a line, without its comment. */
const wordsOf = (line: string): string[] => (line.split('#')[0] ?? '').split(/\s+/).filter((word) => word !== '');

/** Where there is no such file, nothing is said by it. */
const readText = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
