/**
 * Takes secrets out of a text before anybody else sees it: the given values in raw, base64 and URL form,
 * and all that looks like credentials in a URL or a `password=` pair. What is left can be stored.
 */
export function scrub(text: string, secrets: Iterable<string> = []): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length < 6) continue;
    for (const form of [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)]) {
      clean = clean.replaceAll(form, '***');
    }
  }
  return storableText(clean)
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi, '$1:***@')
    .replace(
      /([\w-]*(?:password|passwd|pwd|secret|token|api[-_]?key|authorization))(["']?\s*[=:]\s*["']?)[^\s"',;&}]+/gi,
      '$1$2***',
    );
}

/**
 * What the master database stores in no text: NUL, and surrogates without their other half, of which UTF-8 has none.
 */
// oxlint-disable-next-line no-control-regex -- it is what is replaced
const UNSTORABLE = /\u0000|\p{Cs}/gu;

/**
 * A text with U+FFFD in place of what the master database can't store. Messages of servers, and input of operators at
 * Temporal, may contain any text.
 */
const storableText = (text: string): string => text.replaceAll(UNSTORABLE, '\ufffd');

/** The same of all texts in a value, as it comes from JSON. */
export function storable<T>(value: T): T {
  if (typeof value === 'string') return storableText(value) as T;
  if (Array.isArray(value)) return value.map(storable) as T;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, it]) => [storableText(name), storable(it)])) as T;
}
