/**
 * Where Qdrant is, as the worker's client has it: with Qdrant's own port where a plain HTTP URL names none, unless a
 * proxy's path follows. (A URL doesn't keep a port that is its scheme's default.)
 */
export function qdrantAddress(text: string): string {
  const { origin, port, protocol, pathname } = new URL(text);
  const path = pathname.replace(/\/+$/, '');
  return port === '' && protocol === 'http:' && path === '' ? `${origin}:6333` : origin + path;
}
