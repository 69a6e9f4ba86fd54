/**
 * Takes secrets out of a text before anybody else sees it: the given values in raw, base64 and URL form,
 * and whatever looks like credentials in a URL or a `password=` pair.
 */
export function scrub(text: string, secrets: Iterable<string> = []): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length < 6) continue;
    for (const form of [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)]) {
      clean = clean.replaceAll(form, '***');
    }
  }
  return clean
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi, '$1:***@')
    .replace(/([\w-]*(?:password|passwd|pwd|secret|token|api[-_]?key|authorization))(["']?\s*[=:]\s*["']?)[^\s"',;&}]+/gi, '$1$2***');
}
