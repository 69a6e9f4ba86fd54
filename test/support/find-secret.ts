/**
 * The forms a secret could stand in: raw, URL-encoded, and base64 (both alphabets) at each of the three places it can
 * begin within a longer encoded text.
 */
function formsOf(secret: string): string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.from('x'.repeat(shift) + secret)
      .toString('base64')
      .replace(/=+$/, '');
    // The characters at both ends also depend on the neighbours, whatever they are.
    return encoded.slice(shift === 0 ? 0 : 4, -1);
  });
  return [
    secret,
    encodeURIComponent(secret),
    ...base64,
    ...base64.map((it) => it.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** Which of the named texts hold which of the named secrets, in whatever form. */
export function findSecrets(
  texts: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) => {
    const forms = formsOf(secret);
    return Object.entries(texts)
      .filter(([, text]) => forms.some((form) => text.includes(form)))
      .map(([place]) => `${name} in ${place}`);
  });
}
