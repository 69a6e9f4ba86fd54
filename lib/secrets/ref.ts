import { SecretError } from './errors';

/** Where a secret is: the row and its version. */
export interface SecretLocation {
  readonly id: string;
  readonly version: number;
}

const REF_PATTERN = /^db:\/\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\?v=([1-9][0-9]{0,8})$/;

/** The reference under which a secret is known outside: `db://{id}?v={version}`. */
export function formatSecretRef({ id, version }: SecretLocation): string {
  return `db://${id}?v=${version}`;
}

/** @throws SecretError `secret-ref-invalid` */
export function parseSecretRef(ref: string): SecretLocation {
  const [, id, version] = REF_PATTERN.exec(ref) ?? [];
  if (id === undefined || version === undefined) {
    throw new SecretError(
      'secret-ref-invalid',
      'A secret reference has the form db://{id}?v={version}; this one does not.',
    );
  }
  return { id, version: Number(version) };
}
