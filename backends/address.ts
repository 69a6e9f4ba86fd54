/** Host and port as a URL has them: an IPv6 address stands in brackets. */
export function hostAndPort(host: string | null, port: number): string {
  const name = host ?? '';
  return `${name.includes(':') && !name.startsWith('[') ? `[${name}]` : name}:${port}`;
}
